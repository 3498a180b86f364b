import type { Endpoint } from './endpoint.ts';
import type { Encoding, Track } from './track.ts';

/** What the participants inside a room are told about each other, as opposed to {@link RoomEvent} for backends. */
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
