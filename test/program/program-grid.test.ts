import t from 'tap';
import { ProgramGrid } from '../../src/program/program-grid.ts';

/** Ticks of each part of a group. */
function dealt(grid: ProgramGrid): number[] {
  const lengths = [];
  for (let tick = 0; tick < grid.group; tick = grid.nextPart(tick)) lengths.push(grid.nextPart(tick) - tick);
  return lengths;
}

t.test('ticks are assigned to parts and groups', async (t) => {
  const rows = [
    [24, 1000, 300, [6, 6, 6, 6]],
    [30, 1000, 300, [6, 8, 8, 8]],
    [25, 1000, 300, [4, 7, 7, 7]],
    [15, 1000, 300, [3, 4, 4, 4]],
    [20, 1000, 300, [5, 5, 5, 5]],
    [24, 1000, 200, [4, 4, 4, 4, 4, 4]],
    [30, 2000, 500, [15, 15, 15, 15]],
    [24, 1000, 1000, [24]],
    [24, 1000, undefined, [24]],
    [1, 1000, 300, [1]],
  ] as const;
  for (const [frameRate, keyframeInterval, partDuration, parts] of rows) {
    const grid = new ProgramGrid({ frameRate, keyframeInterval, ...(partDuration && { partDuration }) });
    t.strictSame(dealt(grid), parts, `${frameRate} frames per second, parts of ${partDuration} ms`);
  }
});

t.test('a part has equal frames of three ticks or more where nothing changes', async (t) => {
  const rows = [
    [24, 300, 3],
    [30, 300, 4],
    [30, 200, 3],
    [24, 200, 4],
    [25, 200, 5],
    [60, 200, 3],
    [5, 300, 1],
  ] as const;
  for (const [frameRate, partDuration, still] of rows) {
    const grid = new ProgramGrid({ frameRate, keyframeInterval: 1000, partDuration });
    t.equal(grid.still, still, `${frameRate} frames per second, parts of ${partDuration} ms`);
  }
});

t.test('the grid repeats from keyframe to keyframe', async (t) => {
  const grid = new ProgramGrid({ frameRate: 30, keyframeInterval: 1000, partDuration: 300 });
  t.same(
    [0, 1, 5, 6, 13, 14, 29, 30, 3_000_029].map((tick) => grid.nextPart(tick)),
    [6, 6, 6, 14, 14, 22, 30, 36, 3_000_030],
  );
  t.same(
    [0, 29, 30, 31].map((tick) => [grid.isKeyframe(tick), grid.nextKeyframe(tick)]),
    [
      [true, 30],
      [false, 30],
      [true, 60],
      [false, 60],
    ],
  );
});

t.test('no part is too long, and only those with a keyframe are short', async (t) => {
  for (let frameRate = 1; frameRate <= 60; frameRate += 1) {
    for (const keyframeInterval of [500, 1000, 2000, 3000]) {
      for (const partDuration of [100, 200, 300, 500, 1000]) {
        const grid = new ProgramGrid({ frameRate, keyframeInterval, partDuration });
        const [first = 0, ...others] = dealt(grid);
        const fits = grid.part <= Math.max(1, (partDuration * frameRate) / 1000);
        const isRight = first > 0 && first <= grid.part && others.every((ticks) => ticks === grid.part);
        const count = others.reduce((sum, ticks) => sum + ticks, first);
        if (!fits || !isRight || count !== grid.group) {
          t.fail(`${frameRate}/${keyframeInterval}/${partDuration}: ${first} ${others}`);
        }
      }
    }
  }
  t.equal(new ProgramGrid({ frameRate: 60, keyframeInterval: 3000, partDuration: 300 }).part, 18);
});
