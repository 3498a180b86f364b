import t from 'tap';
import { framesPerPart, groupLength, longestDuration, partPlan } from '../../../src/component/hls/part-plan.ts';

/** Frames in each part from one keyframe to the next. */
function dealt(longest: number, frameRate: number, keyframeInterval: number): number[] {
  const { frames, first, others } = partPlan(longest, { frameRate, keyframeInterval });
  const [begin, each] = [first, others].map((ticks) => Math.round((ticks * frameRate) / 90_000)) as [number, number];
  return [begin, ...Array.from({ length: (frames - begin) / each }, () => each)];
}

function longestOf(frameRate: number, keyframeInterval: number, wantedPart: number): number {
  return longestDuration(framesPerPart({ frameRate, keyframeInterval, wantedPart }), frameRate);
}

t.test('how frames are dealt out, and those of half the rate with the same target', async (t) => {
  const rows = [
    [24, 1000, 300, [6, 6, 6, 6], [3, 3, 3, 3]],
    [30, 1000, 300, [6, 8, 8, 8], [3, 4, 4, 4]],
    [25, 1000, 300, [4, 7, 7, 7], [3, 3, 3, 3]],
    [15, 1000, 300, [3, 4, 4, 4], [1, 2, 2, 2]],
    [20, 1000, 300, [2, 6, 6, 6], [1, 3, 3, 3]],
    [24, 1000, 200, [4, 4, 4, 4, 4, 4], [2, 2, 2, 2, 2, 2]],
    [30, 1000, 200, [6, 6, 6, 6, 6], [3, 3, 3, 3, 3]],
    [30, 2000, 500, [15, 15, 15, 15], [2, 7, 7, 7, 7]],
    [24, 1000, 1000, [24], [12]],
    [1, 1000, 300, [1], [1]],
  ] as const;
  for (const [frameRate, keyframeInterval, wantedPart, whole, half] of rows) {
    const longest = longestOf(frameRate, keyframeInterval, wantedPart);
    const name = `${frameRate} frames per second, parts of ${wantedPart} ms`;
    t.strictSame(dealt(longest, frameRate, keyframeInterval), whole, name);
    t.strictSame(dealt(longest, frameRate / 2, keyframeInterval), half, `${name}, half the frames`);
  }
});

t.test('whatever is asked for, no part is too long, and only those with a keyframe are short', async (t) => {
  for (let frameRate = 1; frameRate <= 60; frameRate += 1) {
    for (const keyframeInterval of [500, 1000, 2000, 3000]) {
      for (const wantedPart of [100, 200, 300, 500, 1000]) {
        const longest = longestOf(frameRate, keyframeInterval, wantedPart);
        const wanted = Math.max((wantedPart * 90_000) / 1000, (2 * 90_000) / frameRate);
        for (const rate of [frameRate, frameRate / 2]) {
          const [first = 0, ...others] = dealt(longest, rate, keyframeInterval);
          const inTicks = (frames: number) => (frames * 90_000) / rate;
          const fits = [first, ...others].every((frames) => inTicks(frames) <= longest) && longest <= wanted + 60;
          const isFull = others.every((frames) => inTicks(frames) >= 0.85 * longest);
          const count = others.reduce((sum, frames) => sum + frames, first);
          const isComplete = count === groupLength({ frameRate: rate, keyframeInterval }) && first > 0;
          if (!fits || !isFull || !isComplete) t.fail(`${rate}/${keyframeInterval}/${wantedPart}: ${first} ${others}`);
        }
      }
    }
  }
  t.equal(framesPerPart({ frameRate: 60, keyframeInterval: 3000, wantedPart: 300 }), 18);
});

t.test('the longest part in ticks', async (t) => {
  t.equal(longestDuration(6, 24), 22_500);
  t.equal(longestDuration(8, 30), 24_003, 'on the grid');
  t.equal(longestDuration(8, 29), 24_840, 'frames of no whole number of ticks');
});
