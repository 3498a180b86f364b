import type { PassedFrames } from '../../../src/media/sample.ts';
import type { ComposingReason } from '../../../src/program/composer-message.ts';
import type { FramePacer, PacedFrame } from './frame-pacer.ts';

/** The video of a source that may be passed through. */
export interface PassableTrack {
  readonly trackId: string;
  /** Whether what it shows is as new as its frames. */
  readonly caughtUp: boolean;
  /** Stops decoding. */
  park(): void;
  /** Decodes again, from the last keyframe. */
  resume(): void;
}

/** What is passed through. */
export interface Passage {
  readonly track: PassableTrack;
  readonly pacer: FramePacer;
  readonly passed: PassedFrames;
  readonly frameRate: number;
  /** The first tick that is not composed. */
  readonly firstTick: number;
  /** Frames that came before all composed ones were output; undefined from then on. */
  early: PacedFrame[] | undefined;
  /** Whether the encoder is ending, and what has happened meanwhile. */
  ending: boolean;
  fault: ComposingReason | undefined;
  /** Start of the last keyframe, in ms. */
  keyAt: number;
  /** Tick from which the encoder composes in case that no frame follows; undefined: it does not run. */
  standby: number | undefined;
  /** Number of encoders that were started needlessly. */
  alarms: number;
}

/** Composing begins again: its encoder starts while frames are still passed through. */
export interface Return {
  readonly reason: ComposingReason;
  readonly since: number;
  /** Tick of the keyframe with which it begins; undefined until the encoder runs. */
  tick: number | undefined;
}
