import type { ProgramConfig } from '../config/program.ts';
import type { ProgramFormat, ProgramSample, ProgramStart } from '../media/sample.ts';
import type { TrackType } from '../room/track.ts';
import type { FromTrackWorker, ToTrackWorker } from './track-message.ts';

/** How the program of a room is encoded. */
export type ProgramSettings = ProgramConfig;

/** A track as the composer is to place it. */
export interface ProgramTrack {
  readonly trackId: string;
  /** Tracks of one endpoint share a tile. */
  readonly endpointId: string;
  readonly kind: TrackType;
  /** Drawn on the tile; empty = none. */
  readonly name: string;
  /** Takes the big area below a top bar. */
  readonly screenshare: boolean;
}

/** From the server to a composer. Endpoints without video have a tile with a placeholder as well. */
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

/** Once a second. */
export interface ProgramStatistics {
  /** Frames that are repeated because the event loop was late. */
  readonly lateFrames: number;
  readonly decoderRestarts: number;
  readonly encoderRestarts: number;
  /** Frames per second at present; lower than asked for when the encoder cannot follow. */
  readonly frameRate: number;
}
