import { timescale } from '../../recorder/program-sample.ts';

/** Shortest part, as a share of the longest, that RFC 8216bis section 4.4.3.7 lets a server cut between two keyframes. */
const shortestShare = 0.85;

export interface PartPlanOptions {
  /** Frames per second. */
  readonly frameRate: number;
  /** From one keyframe to the next, in ms. */
  readonly keyframeInterval: number;
  /** Parts are not longer, in ms. */
  readonly wantedPart: number;
}

/**
 * How the frames from one keyframe to the next are dealt out into parts: evenly, so that each keyframe begins a part (where
 * players can start), no part is longer than wanted, and none is too short for the RFC.
 * @returns frames in each part, in order
 */
export function partPlan({ frameRate, keyframeInterval, wantedPart }: PartPlanOptions): number[] {
  const frames = Math.max(1, Math.round((frameRate * keyframeInterval) / 1000));
  const longest = Math.max(1, Math.floor((frameRate * wantedPart) / 1000));
  let parts = Math.ceil(frames / longest);
  while (Math.floor(frames / parts) < shortestShare * Math.ceil(frames / parts)) parts += 1;
  return Array.from({ length: parts }, (_, index) => share(frames, parts, index));
}

/** The longer ones are spread among the others. */
function share(frames: number, parts: number, index: number): number {
  return Math.ceil((frames * (index + 1)) / parts) - Math.ceil((frames * index) / parts);
}

/**
 * The longest part that a plan leads to, in ticks of 90 kHz: frames whose length is no whole number of ticks are a tick longer
 * now and then.
 */
export function longestPart(plan: readonly number[], frameRate: number): number {
  const frames = Math.max(...plan);
  const frame = timescale.video / frameRate;
  return Math.ceil(frames * frame) + (Number.isInteger(frame) ? 0 : frames);
}
