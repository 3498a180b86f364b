import type { ProgramConfig } from '../config/program.ts';
import type { ProgramFormat, ProgramSample, ProgramStart } from '../media/sample.ts';
import type { TrackType } from '../room/track.ts';
import type { FromTrackWorker, ToTrackWorker } from './track-message.ts';

/** The encoding of a room's program. */
export type ProgramSettings = ProgramConfig;

/** A track with its place in the program. */
export interface ProgramTrack {
  readonly trackId: string;
  /** Tracks of one endpoint share a tile. */
  readonly endpointId: string;
  readonly kind: TrackType;
  /** Name drawn on the tile; empty: none. */
  readonly name: string;
  /** Whether it gets the main area, below a bar with the other tiles. */
  readonly screenshare: boolean;
}

/** From the server to a composer. Endpoints without video have a tile with a placeholder. */
export type ToComposer =
  | { readonly type: 'start'; readonly settings: ProgramSettings }
  | ToTrackWorker<ProgramTrack>
  | { readonly type: 'updateTrack'; readonly track: ProgramTrack }
  /** The composer flushes what it has, sends `ended` and exits. */
  | { readonly type: 'stop' };

/** From a composer to the server. */
export type FromComposer =
  | FromTrackWorker
  | { readonly type: 'format'; readonly format: ProgramFormat; readonly start: ProgramStart }
  | { readonly type: 'sample'; readonly sample: ProgramSample }
  | { readonly type: 'statistics'; readonly statistics: ProgramStatistics }
  | { readonly type: 'ended' };

/** Sent once per second. */
export interface ProgramStatistics {
  /** Number of frames that were repeated because the event loop was late. */
  readonly lateFrames: number;
  readonly decoderRestarts: number;
  readonly encoderRestarts: number;
  /** Current frames per second; lower than configured when the encoder cannot keep up. */
  readonly frameRate: number;
}
