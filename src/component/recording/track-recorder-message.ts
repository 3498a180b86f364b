import type { FromTrackWorker, ToTrackWorker } from '../../program/track-message.ts';
import type { Metadata, TrackType } from '../../room/track.ts';

/** A track to be recorded. */
export interface RecordedTrack {
  readonly trackId: string;
  readonly kind: TrackType;
  /** Id of the peer or component that publishes it. */
  readonly origin: string;
  /** Metadata at subscription. */
  readonly metadata: Metadata;
  /** Time from the subscription of the recording's first track to that of this one, in ms. */
  readonly offset: number;
}

/** From the server to a track recorder. */
export type ToTrackRecorder =
  /** `startedAt`: origin of the recording's clock, in ms since the Unix epoch. The folder exists. */
  | { readonly type: 'start'; readonly folder: string; readonly recordingId: string; readonly startedAt: number }
  | ToTrackWorker<RecordedTrack>
  /** The track recorder finishes its files and sends `ended`; it exits with the end of its input, or by a signal. */
  | { readonly type: 'stop' };

/** From a track recorder to the server. */
export type FromTrackRecorder =
  | FromTrackWorker
  /** A file of the recording's folder is complete. */
  | { readonly type: 'complete'; readonly name: string }
  /** Writing has failed; the files so far are complete. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'ended' };
