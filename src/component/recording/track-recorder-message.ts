import type { FromTrackWorker, ToTrackWorker } from '../../program/track-message.ts';
import type { Metadata, TrackType } from '../../room/track.ts';

/** A track as the track recorder is to write it. */
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

/** From the server to a track recorder. */
export type ToTrackRecorder =
  /** `startedAt`: where the recording's clock begins, in ms since the Unix epoch. The folder exists. */
  | { readonly type: 'start'; readonly folder: string; readonly recordingId: string; readonly startedAt: number }
  | ToTrackWorker<RecordedTrack>
  /** The track recorder finishes its files and sends `ended`; it exits with the end of its input, or by a signal. */
  | { readonly type: 'stop' };

/** From a track recorder to the server. */
export type FromTrackRecorder =
  | FromTrackWorker
  /** Nothing more comes into a file of the recording's folder. */
  | { readonly type: 'complete'; readonly name: string }
  /** Nothing can be written any more; what was written is finished. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'ended' };
