import { timescale } from '../media/sample.ts';

/**
 * Minimum duration of a part, as a fraction of the part target: RFC 8216bis section 4.4.3.7. Parts that start with a keyframe and the last
 * of a segment may be shorter.
 */
export const minPartShare = 0.85;

/**
 * Frames start and end on multiples of this, in ticks: 0.1 ms. Browsers truncate times to whole microseconds. Without this, a segment of 24
 * frames per second would be buffered up to a microsecond before its end, and hls.js (1.7), if it started to play within that segment, would
 * load it repeatedly while its parts are listed: a stall of five seconds.
 */
export const timeStep = 9;

/** Maximum duration of this many frames, aligned to {@link timeStep}, in ticks. */
export function maxPartDuration(frames: number, frameRate: number): number {
  const frame = timescale.video / frameRate;
  // Frames whose duration is not a whole number of ticks are sometimes a tick longer.
  return Math.ceil((frames * frame) / timeStep) * timeStep + (Number.isInteger(frame) ? 0 : timeStep);
}

/** Rounds to the nearest {@link timeStep}. */
export const onTimeStep = (ticks: number) => Math.round(ticks / timeStep) * timeStep;

/**
 * Factor by which the part target exceeds the longest part of the program's own encoder where frames may be passed through: sources whose
 * frame rate is nearly that of the program, or a multiple, fill parts, too.
 */
const passedShare = 1.03;
/** Minimum difference between a source's frame interval and what parts allow, as a fraction: clocks differ, and frames are missing. */
const leeway = 0.01;

/** Maximum duration of a part of so many frames, in ticks. @param passthrough whether frames of sources are to fill parts, too */
export function partTarget(frames: number, frameRate: number, passthrough = false): number {
  const longest = maxPartDuration(frames, frameRate);
  return passthrough ? Math.floor((longest * passedShare) / timeStep) * timeStep : longest;
}

/** How frames of a source fill parts: so many of them, if each lasts at least `min` and at most `max` ms. */
export interface PartFrames {
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

/** The frames of a source that fill a part. @param interval mean time between frames, in ms @param target part target in ticks @returns undefined when no number of frames does */
export function partFrames(interval: number, target: number): PartFrames | undefined {
  // times are aligned to a time step
  const max = (target - 2 * timeStep) / (timescale.video / 1000);
  const min = (target * minPartShare + 2 * timeStep) / (timescale.video / 1000);
  const count = Math.floor(max / (interval * (1 + leeway)));
  if (count < 1 || min / count > interval * (1 - leeway)) return undefined;
  return { count, min: min / count, max: max / count };
}
