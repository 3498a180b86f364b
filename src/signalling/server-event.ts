import type { Endpoint } from '../room/endpoint.ts';
import type { Encoding, Metadata, Track } from '../room/track.ts';
import type { TurnEntry } from '../turn/turn-credentials.ts';

/** Why a receiver gets a different layer; the protocol knows more reasons. */
export type EncodingSwitchReason = 'low_bandwidth' | 'encoding_inactive' | 'other';

type OfTrack<T extends string> = { readonly type: T; readonly endpointId: string; readonly trackId: string };

/** An event to a client about the media of its room, the same for both generations. */
export type ServerEvent =
  /** The response to `connect`. `endpoints`: all endpoints of the room, the client's included. */
  | {
      readonly type: 'connected';
      readonly peerId: string;
      readonly endpoints: readonly Endpoint[];
      readonly turnServers: readonly TurnEntry[];
    }
  | { readonly type: 'endpointAdded'; readonly endpoint: Endpoint }
  | { readonly type: 'endpointUpdated'; readonly endpoint: Endpoint }
  | { readonly type: 'endpointRemoved'; readonly endpointId: string }
  | { readonly type: 'tracksAdded'; readonly endpointId: string; readonly tracks: readonly Track[] }
  | { readonly type: 'tracksRemoved'; readonly endpointId: string; readonly trackIds: readonly string[] }
  | (OfTrack<'trackUpdated'> & { readonly metadata: Metadata })
  | (OfTrack<'trackEncodingEnabled'> & { readonly encoding: Encoding })
  | (OfTrack<'trackEncodingDisabled'> & { readonly encoding: Encoding })
  /** Requests an offer. `audio`, `video`: the number of tracks that the client receives in all; it never decreases. */
  | {
      readonly type: 'offerData';
      readonly audio: number;
      readonly video: number;
      readonly turnServers: readonly TurnEntry[];
    }
  /** `midToTrackId`: every live media section, sent and received. */
  | { readonly type: 'sdpAnswer'; readonly sdp: string; readonly midToTrackId: Readonly<Record<string, string>> }
  | (OfTrack<'encodingSwitched'> & { readonly encoding: Encoding; readonly reason: EncodingSwitchReason })
  | { readonly type: 'vadNotification'; readonly trackId: string; readonly status: 'speech' | 'silence' }
  /** `estimation`: bit/s. */
  | { readonly type: 'bandwidthEstimation'; readonly estimation: number };
