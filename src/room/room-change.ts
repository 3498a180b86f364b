import type { Endpoint } from './endpoint.ts';
import type { Encoding, Track } from './track.ts';

/** A change that the participants of a room are notified of. Backends get a {@link RoomEvent} instead. */
export type RoomChange =
  | { readonly type: 'endpointAdded'; readonly endpoint: Endpoint }
  | { readonly type: 'endpointUpdated'; readonly endpoint: Endpoint }
  | { readonly type: 'endpointRemoved'; readonly endpoint: Endpoint }
  | { readonly type: 'tracksAdded'; readonly endpoint: Endpoint; readonly tracks: readonly Track[] }
  | { readonly type: 'tracksRemoved'; readonly endpoint: Endpoint; readonly tracks: readonly Track[] }
  | { readonly type: 'trackUpdated'; readonly endpoint: Endpoint; readonly track: Track }
  | {
      readonly type: 'encodingEnabled' | 'encodingDisabled';
      readonly endpoint: Endpoint;
      readonly track: Track;
      readonly encoding: Encoding;
    };
