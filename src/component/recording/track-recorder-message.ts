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

/** The recording of one room. */
export interface TrackRecordingStart {
  /** Existing folder for the files. */
  readonly folder: string;
  /** Id of the room. */
  readonly recordingId: string;
  /** Origin of the recording's clock, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** The time of day of the recording, also in a track recorder that runs for longer: `timeOriginOf`. */
  readonly timeOrigin: number;
}

/** To the recording of a room in a track recorder. */
export type ToTrackRecording =
  /** The first message. The recording sends `ready`. */
  | ({ readonly type: 'open' } & TrackRecordingStart)
  | ToTrackWorker<RecordedTrack>
  /** The last message. The recording completes its files and sends `closed`. */
  | { readonly type: 'close' };

/** From the recording of a room in a track recorder. */
export type FromTrackRecording =
  | FromTrackWorker
  /** A file of the recording's folder is complete. */
  | { readonly type: 'complete'; readonly name: string }
  /** Writing has failed; the files so far are completed. Other recordings go on. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'closed' };

/** From the server to a track recorder. Recordings have the numbers that the server gave them. */
export type ToTrackRecorder =
  | { readonly type: 'recording'; readonly recording: number; readonly message: ToTrackRecording }
  /** The track recorder completes all files and sends `ended`; it exits with the end of its input, or by a signal. */
  | { readonly type: 'stop' };

/** From a track recorder to the server. */
export type FromTrackRecorder =
  | { readonly type: 'ready' }
  | { readonly type: 'recording'; readonly recording: number; readonly message: FromTrackRecording }
  | { readonly type: 'ended' };
