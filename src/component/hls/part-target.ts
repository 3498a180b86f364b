import { timescale } from '../../media/sample.ts';

/**
 * Shortest part, as a share of the part target: RFC 8216bis section 4.4.3.7. Parts that begin with a keyframe may be shorter, as may
 * the last of a segment.
 */
export const minPartShare = 0.85;

/**
 * Frames begin and end on multiples of this, in ticks: 0.1 ms. Browsers count in whole microseconds and cut off the rest. A segment of
 * 24 frames per second is buffered up to a microsecond before its end, then, and hls.js (1.7), if it began to play in the middle of
 * that segment, loads it again and again for as long as its parts are listed: a stall of five seconds.
 */
export const timeStep = 9;

/** So many frames, which lie on whole {@link timeStep}s, in ticks, at most. */
export function maxPartDuration(frames: number, frameRate: number): number {
  const frame = timescale.video / frameRate;
  // Frames whose length is no whole number of ticks are a tick longer now and then.
  return Math.ceil((frames * frame) / timeStep) * timeStep + (Number.isInteger(frame) ? 0 : timeStep);
}

/** To the nearest {@link timeStep}. */
export const onTimeStep = (ticks: number) => Math.round(ticks / timeStep) * timeStep;
