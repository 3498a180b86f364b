import type { AddTrack, SenderReported } from '../../program/composer-message.ts';
import type { Metadata, TrackType } from '../../room/track.ts';

/** A track as the recorder worker is to write it. */
export interface RecordedTrack {
  readonly trackId: string;
  readonly kind: TrackType;
  /** Id of the peer or component that publishes it. */
  readonly origin: string;
  /** As it was at subscription. */
  readonly metadata: Metadata;
  /** Milliseconds from the subscription of the recording's first track to that of this one. */
  readonly offset: number;
}

/** From the server to a recorder worker; framed like the messages of a media worker. */
export type ToRecorderWorker =
  /** `startedAt`: where the recording's clock begins, in ms since the Unix epoch. The folder exists. */
  | { readonly type: 'start'; readonly folder: string; readonly recordingId: string; readonly startedAt: number }
  | AddTrack<RecordedTrack>
  | SenderReported
  | { readonly type: 'removeTrack'; readonly trackId: string }
  /** The worker finishes its files and sends `ended`; it exits with the end of its input, or by a signal. */
  | { readonly type: 'stop' };

/** From a recorder worker to the server. */
export type FromRecorderWorker =
  | { readonly type: 'ready' }
  /** RTP of the track is expected on this UDP port of 127.0.0.1. */
  | { readonly type: 'listening'; readonly trackId: string; readonly port: number }
  | { readonly type: 'keyframeNeeded'; readonly trackId: string }
  /** Nothing more comes into a file of the recording's folder. */
  | { readonly type: 'complete'; readonly name: string }
  /** For the log. */
  | { readonly type: 'trouble'; readonly sentence: string; readonly fields: Readonly<Record<string, unknown>> }
  /** Nothing can be written any more; what was written is finished. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'ended' };
