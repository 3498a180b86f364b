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
