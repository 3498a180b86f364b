import type { ProgramConfig } from '../config/program.ts';
import type { PassthroughLimits, ProgramFormat, ProgramSample, ProgramStart } from '../media/sample.ts';
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
  /** Whether its video may be passed through: it comes from a camera or file. */
  readonly steady: boolean;
}

/** From the server to a composer. Endpoints without video have a tile with a placeholder. */
export type ToComposer =
  | { readonly type: 'start'; readonly settings: ProgramSettings }
  | ToTrackWorker<ProgramTrack>
  | { readonly type: 'updateTrack'; readonly track: ProgramTrack }
  /** What the sinks require of frames that are passed through; null, as at the start: all frames are composed. */
  | { readonly type: 'passthrough'; readonly limits: PassthroughLimits | null }
  /** The composer flushes what it has, sends `ended` and exits. */
  | { readonly type: 'stop' };

/** From a composer to the server. */
export type FromComposer =
  | FromTrackWorker
  | { readonly type: 'format'; readonly format: ProgramFormat; readonly start: ProgramStart }
  | { readonly type: 'sample'; readonly sample: ProgramSample }
  | { readonly type: 'statistics'; readonly statistics: ProgramStatistics }
  /** The video of a track is passed through from now on, or is not any more. */
  | { readonly type: 'passed'; readonly trackId: string }
  | { readonly type: 'composed'; readonly reason: ComposingReason }
  | { readonly type: 'ended' };

/** Why a video is not passed through any more. */
export const composingReasons = [
  /** Another peer or component has tracks, or the source has another video, a screenshare or a name that is shown. */
  'room',
  /** An output takes only frames of one size. */
  'output',
  /** The source has ended. */
  'ended',
  /** Packets are missing, or no frame came for a while. */
  'hole',
  /** The frames are larger than the program, or of a profile that browsers do not decode. */
  'format',
  /** Keyframes are too far apart. */
  'keyframes',
  /** The frames are not in presentation order. */
  'order',
  /** The frame rate has changed. */
  'rate',
] as const;

export type ComposingReason = (typeof composingReasons)[number];

/** Sent once per second. */
export interface ProgramStatistics {
  /** Number of frames that were repeated because the event loop was late. */
  readonly lateFrames: number;
  readonly decoderRestarts: number;
  readonly encoderRestarts: number;
  /** Frames per second of a program that moves; lower than configured when the encoder cannot keep up. */
  readonly frameRate: number;
}
