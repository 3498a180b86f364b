import { timescale } from '../../recorder/program-sample.ts';

/**
 * Shortest part, as a share of the part target: RFC 8216bis section 4.4.3.7. Parts that begin with a keyframe may be shorter, as may
 * the last of a segment.
 */
export const shortestShare = 0.85;

/**
 * Frames begin and end on multiples of this, in ticks: 0.1 ms. Browsers count in whole microseconds and cut off the rest. A segment of
 * 24 frames per second is buffered up to a microsecond before its end, then, and hls.js (1.7), if it began to play in the middle of
 * that segment, loads it again and again for as long as its parts are listed: a stall of five seconds.
 */
export const grid = 9;

export interface PartTargetOptions {
  /** Frames per second. */
  readonly frameRate: number;
  /** From one keyframe to the next, in ms. */
  readonly keyframeInterval: number;
  /** Parts should not be longer, in ms. */
  readonly wantedPart: number;
}

/** How the frames from one keyframe to the next are dealt out into parts. */
export interface PartPlan {
  /** From one keyframe to the next. */
  readonly frames: number;
  /** Length of the part that begins with the keyframe, in ticks of 90 kHz: what the others leave over. */
  readonly first: number;
  /** Length of each other part, in ticks. */
  readonly others: number;
}

/** Frames from one keyframe to the next. */
export function groupLength({ frameRate, keyframeInterval }: Omit<PartTargetOptions, 'wantedPart'>): number {
  return Math.max(1, Math.floor((frameRate * keyframeInterval) / 1000));
}

/**
 * The longest part, which holds for the life of a playlist: as long as all would be if they were dealt out evenly, give or take a
 * frame, since parts must come out right of frames of twice the length, too. An encoder that is too slow gets those.
 * @returns frames
 */
export function framesPerPart({ wantedPart, ...group }: PartTargetOptions): number {
  const frames = groupLength(group);
  const most = Math.max(1, Math.floor((group.frameRate * wantedPart) / 1000));
  const even = Math.ceil(frames / Math.ceil(frames / most));
  if (fillsWithPairs(even)) return even;
  return even < most ? even + 1 : Math.max(even - 1, 2);
}

const fillsWithPairs = (frames: number) => Math.floor(frames / 2) * 2 >= shortestShare * frames;

/** @param longest part in ticks */
export function partPlan(longest: number, group: Omit<PartTargetOptions, 'wantedPart'>): PartPlan {
  const frame = timescale.video / group.frameRate;
  const frames = groupLength(group);
  const perPart = Math.min(Math.max(1, Math.floor(longest / frame)), frames);
  return { frames, first: (frames % perPart || perPart) * frame, others: perPart * frame };
}

/** So many frames on the {@link grid}, in ticks, at most. */
export function longestDuration(frames: number, frameRate: number): number {
  const frame = timescale.video / frameRate;
  // Frames whose length is no whole number of ticks are a tick longer now and then.
  return Math.ceil((frames * frame) / grid) * grid + (Number.isInteger(frame) ? 0 : grid);
}
