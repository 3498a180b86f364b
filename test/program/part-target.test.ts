import t from 'tap';
import { maxPartDuration, partFrames, partTarget } from '../../src/program/part-target.ts';

t.test('the part target is the longest part in ticks', async (t) => {
  t.equal(maxPartDuration(6, 24), 22_500);
  t.equal(maxPartDuration(8, 30), 24_003, 'on the grid');
  t.equal(maxPartDuration(8, 29), 24_840, 'frames of no whole number of ticks');
});

t.test('frames of a source fill parts when its frame rate suits that of the program', async (t) => {
  const rows: readonly (readonly [frames: number, frameRate: number, sourceRate: number, count: number | undefined])[] =
    [
      // parts of at most 200 ms
      [4, 24, 24, 4],
      [4, 24, 25, 4],
      [4, 24, 30, 5],
      [4, 24, 20, 3],
      [4, 24, 50, 8],
      [4, 24, 60, 10],
      [4, 24, 15, undefined],
      [6, 30, 15, 3],
      [6, 30, 24, undefined],
      // of at most 300 ms
      [6, 24, 25, 6],
      [6, 24, 30, 7],
      [6, 24, 1, undefined],
    ];
  for (const [frames, frameRate, sourceRate, count] of rows) {
    const target = partTarget(frames, frameRate, true);
    const parts = partFrames(1000 / sourceRate, target);
    t.equal(parts?.count, count, `${sourceRate} frames a second in a program of ${frameRate}`);
    if (!parts) continue;
    t.ok(parts.count * parts.max * 90 <= target && parts.count * parts.min * 90 >= 0.85 * target);
    t.ok(parts.min < 990 / sourceRate && parts.max > 1010 / sourceRate, 'clocks may differ');
  }
  const longest = maxPartDuration(4, 24);
  t.ok(longest > 0.85 * partTarget(4, 24, true), 'composed parts are long enough');
});
