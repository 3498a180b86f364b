import type { Metadata, TrackType } from './track.ts';

/** A track as it was at the moment of the event. */
export interface TrackSnapshot {
  readonly id: string;
  readonly type: TrackType;
  readonly metadata: Metadata;
}

/** The sender of a track: a peer or a component. */
export type TrackOrigin = { readonly peerId: string } | { readonly componentId: string };

interface OfRoom<T extends string> {
  readonly type: T;
  readonly roomId: string;
}
type OfPeer<T extends string> = OfRoom<T> & { readonly peerId: string };
type OfComponent<T extends string> = OfRoom<T> & { readonly componentId: string };
type OfTrack<T extends string> = OfRoom<T> & { readonly origin: TrackOrigin; readonly track: TrackSnapshot };

/** Everything that backends can be notified of. */
export type RoomEvent =
  | (OfRoom<'roomCreated'> & { readonly webhookUrl: string | null })
  | OfRoom<'roomDeleted'>
  | OfRoom<'roomCrashed'>
  | OfPeer<'peerAdded'>
  | OfPeer<'peerConnected'>
  | OfPeer<'peerDisconnected'>
  | OfPeer<'peerDeleted'>
  | (OfPeer<'peerCrashed'> & { readonly reason: string })
  | (OfPeer<'peerMetadataUpdated'> & { readonly metadata: Metadata })
  | OfTrack<'trackAdded'>
  | OfTrack<'trackRemoved'>
  | OfTrack<'trackMetadataUpdated'>
  | OfComponent<'componentCrashed'>
  | OfComponent<'hlsPlayable'>
  | OfRoom<'hlsUploaded'>
  | OfRoom<'hlsUploadCrashed'>
  | OutputChanged
  | CallChanged
  | DtmfReceived;

/** Of the call of a SIP component. Only sockets that subscribed to SIP get it; `notify`: the webhook gets it, too. */
interface OfCall<T extends string> extends OfRoom<T> {
  readonly componentId: string;
  readonly notify: boolean;
  readonly callId: string;
}

/** A call began, or changed its state. */
export interface CallChanged extends OfCall<'callChanged'> {
  readonly direction: 'outgoing' | 'incoming';
  /** Number or address of the other side. */
  readonly party: string;
  readonly state: 'pending' | 'calling' | 'ringing' | 'in_call' | 'held' | 'ended';
  /** Why it ended. */
  readonly reason: string | null;
  /** Status of the SIP response that ended it. */
  readonly status: number | null;
}

/** A key was pressed at the phone. */
export interface DtmfReceived extends OfCall<'dtmfReceived'> {
  /** One of `0-9*#ABCD`. */
  readonly digit: string;
}

/** An output of a room changed its state. Only sockets that subscribed to outputs get it; `notify`: the webhook gets it, too. */
export interface OutputChanged extends OfRoom<'outputChanged'> {
  readonly notify: boolean;
  readonly outputId: string;
  readonly outputType: 'file' | 'rtmp';
  readonly state: 'starting' | 'running' | 'finished' | 'failed';
  readonly error: string | null;
}
