import t from 'tap';
import { longestPart, partPlan } from '../../../src/component/hls/part-plan.ts';

t.test('frames are dealt out evenly', async (t) => {
  const rows = [
    [24, 1000, 300, [6, 6, 6, 6]],
    [30, 1000, 300, [8, 7, 8, 7]],
    [25, 1000, 300, [7, 6, 6, 6]],
    [15, 1000, 300, [3, 3, 3, 3, 3]],
    [24, 1000, 200, [4, 4, 4, 4, 4, 4]],
    [30, 1000, 200, [6, 6, 6, 6, 6]],
    [30, 2000, 500, [15, 15, 15, 15]],
    [24, 1000, 1000, [24]],
    [1, 1000, 300, [1]],
  ] as const;
  for (const [frameRate, keyframeInterval, wantedPart, expected] of rows) {
    const plan = partPlan({ frameRate, keyframeInterval, wantedPart });
    t.strictSame(plan, expected, `${frameRate} frames per second, parts of ${wantedPart} ms`);
  }
});

t.test('whatever is asked for, no part is too long or too short', async (t) => {
  for (let frameRate = 1; frameRate <= 60; frameRate += 1) {
    for (const keyframeInterval of [500, 1000, 2000, 3000]) {
      for (const wantedPart of [100, 200, 300, 500, 1000]) {
        const plan = partPlan({ frameRate, keyframeInterval, wantedPart });
        const frames = Math.max(1, Math.round((frameRate * keyframeInterval) / 1000));
        const longest = Math.max(...plan);
        const fits = longest <= Math.max(1, Math.floor((frameRate * wantedPart) / 1000));
        const even = Math.min(...plan) >= 0.85 * longest;
        const complete = plan.reduce((sum, count) => sum + count, 0) === frames;
        if (!fits || !even || !complete) t.fail(`${frameRate}/${keyframeInterval}/${wantedPart}: ${plan}`);
      }
    }
  }
  t.equal(partPlan({ frameRate: 60, keyframeInterval: 3000, wantedPart: 300 }).length, 10);
});

t.test('the longest part in ticks', async (t) => {
  t.equal(longestPart([6, 6, 6, 6], 24), 22_500);
  t.equal(longestPart([8, 7, 8, 7], 30), 24_000);
  t.equal(longestPart([8, 7], 29), Math.ceil((8 * 90_000) / 29) + 8);
});
