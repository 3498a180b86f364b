import t from 'tap';
import { FrameRateLimit } from '../../../../workers/composer/video/frame-rate-limit.ts';

/** Times, in ms, of the frames of ten seconds that are shown. */
function taken(frameRate: number, program: number, offset = 0): number[] {
  const limit = new FrameRateLimit(program);
  const times = Array.from({ length: 10 * frameRate }, (_, index) => offset + (index * 1000) / frameRate);
  return times.filter((time) => limit.takes(time));
}

t.test('of a faster track there is one frame per tick', async (t) => {
  for (const [frameRate, program] of [
    [30, 24],
    [60, 24],
    [60, 30],
    [25, 24],
  ] as const) {
    for (const offset of [0, 7, 20, -15]) {
      const times = taken(frameRate, program, offset);
      const name = `${frameRate} frames per second shown at ${program}, ${offset} ms`;
      t.ok(Math.abs(times.length - 10 * program) <= 1, `${name}: ${times.length}`);
      const longest = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
      t.ok(longest <= 1000 / program + 1000 / frameRate, `${name}: none is missing`);
    }
  }
});

t.test('of a slower track there are all frames', async (t) => {
  for (const frameRate of [1, 10, 15, 23]) t.equal(taken(frameRate, 24).length, 10 * frameRate);
});

t.test('the next tick begins half a tick before its time', async (t) => {
  const limit = new FrameRateLimit(10);
  t.ok(limit.takes(0));
  t.notOk(limit.takes(49));
  t.ok(limit.takes(51));
  t.ok(limit.takes(0), 'time goes back');
});
