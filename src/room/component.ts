import type { ComponentType, Endpoint } from './endpoint.ts';
import type { TrackOrigin } from './room-event.ts';
import type { Metadata, Track } from './track.ts';

/** The implementation of a component, closed when the component leaves the room. */
export interface ComponentSource {
  /** Whether it does not count towards the room's limit of components of its type. Default false. */
  readonly additional?: boolean;
  /** The `properties` member of REST responses. */
  properties(): Record<string, unknown>;
  /** Closes everything that the component owns. Idempotent. */
  close(): Promise<void>;
}

/** Something added to a room that is not a peer: HLS, RTSP, file, SIP, recording. */
export class Component implements Endpoint {
  readonly id: string;
  readonly type: ComponentType;
  readonly metadata: Metadata;
  readonly tracks = new Map<string, Track>();
  readonly origin: TrackOrigin;
  readonly source: ComponentSource;

  /** @param metadata for the participants; no client sets it */
  constructor(id: string, type: ComponentType, source: ComponentSource, metadata: Metadata = null) {
    this.id = id;
    this.metadata = metadata;
    this.type = type;
    this.source = source;
    this.origin = { componentId: id };
  }
}
