import type { TrackOrigin } from './room-event.ts';
import type { Metadata, ServerMetadata, Track } from './track.ts';

export type EndpointType = 'webrtc' | ComponentType;
export type ComponentType = 'hls' | 'rtsp' | 'file' | 'sip' | 'recording';

/** A sender and receiver of tracks in a room: a peer or a component. */
export interface Endpoint {
  readonly id: string;
  readonly type: EndpointType;
  readonly metadata: Metadata;
  /** Of peers: members that are not of their clients. */
  readonly serverMetadata?: ServerMetadata | undefined;
  readonly tracks: ReadonlyMap<string, Track>;
  /** This endpoint's id, as notifications carry it. */
  readonly origin: TrackOrigin;
}
