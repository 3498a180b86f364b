import type { ComponentType, Endpoint } from './endpoint.ts';
import type { TrackOrigin } from './room-event.ts';
import type { Track } from './track.ts';

/** What runs behind a component: it is told when the component leaves the room. */
export interface ComponentSource {
  /** Whether it takes none of the few places that a room has for components of its type. Default false. */
  readonly additional?: boolean;
  /** The `properties` member of the REST answers. */
  properties(): Record<string, unknown>;
  /** Idempotent; ends everything that the component owns. */
  close(): Promise<void>;
}

/** Something added to a room that is not a peer: HLS, RTSP, file, SIP, recording. */
export class Component implements Endpoint {
  readonly id: string;
  readonly type: ComponentType;
  readonly metadata = null;
  readonly tracks = new Map<string, Track>();
  readonly origin: TrackOrigin;
  readonly source: ComponentSource;

  constructor(id: string, type: ComponentType, source: ComponentSource) {
    this.id = id;
    this.type = type;
    this.source = source;
    this.origin = { componentId: id };
  }
}
