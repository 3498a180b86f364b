import type { TrackOrigin } from './room-event.ts';
import type { Metadata, Track } from './track.ts';

export type EndpointType = 'webrtc' | ComponentType;
export type ComponentType = 'hls' | 'rtsp' | 'file' | 'sip' | 'recording';

/** What sends and receives tracks in a room: a peer or a component. */
export interface Endpoint {
  readonly id: string;
  readonly type: EndpointType;
  readonly metadata: Metadata;
  readonly tracks: ReadonlyMap<string, Track>;
  /** How notifications name this endpoint. */
  readonly origin: TrackOrigin;
}
