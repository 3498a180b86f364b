import t from 'tap';
import { ProgramClock } from '../../../workers/composer/program-clock.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function createClock(frameRate: number) {
  const clock = new HeldClock(5000);
  const frames: number[] = [];
  const late: number[] = [];
  const blocks: number[] = [];
  const ticks = new ProgramClock({
    ...{ clock, frameRate },
    onFrame: (index, isLate) => (isLate ? late : frames).push(index),
    onBlock: (index) => blocks.push(index),
  });
  return { clock, ticks, frames, late, blocks };
}

t.test('frames and audio blocks come at their rate', async (t) => {
  const { clock, ticks, frames, late, blocks } = createClock(25);
  ticks.start();
  t.equal(ticks.startedAt, 5000);
  for (let moment = 0; moment < 1000; moment += 10) clock.advance(10);
  t.same(
    frames,
    Array.from({ length: 26 }, (_, index) => index),
  );
  t.equal(blocks.length, 46, '48000 / 1024 whole blocks');
  t.same(late, []);
  ticks.close();
  t.equal(clock.pending, 0);
});

t.test('ticks that were delayed come at once, in order, and are counted', async (t) => {
  const { clock, ticks, frames, late, blocks } = createClock(20);
  ticks.start();
  const timers = clock.pending;
  // the event loop stands still: timers run late
  const stuck = { now: clock.now.bind(clock) };
  clock.now = () => stuck.now() + 500;
  clock.advance(21);
  t.same(frames, [0], 'first comes what arrived meanwhile');
  clock.advance(4);
  t.equal(timers, 1);
  t.same(late, [1, 2, 3, 4, 5, 6, 7, 8], 'no time for new frames');
  t.same(frames, [0, 9, 10], 'but for the newest');
  t.equal(ticks.lateFrames, 8);
  t.same(
    blocks,
    Array.from({ length: blocks.length }, (_, index) => index),
  );
  t.ok(blocks.length >= 23);
  ticks.close();
});

t.test('times do not drift', async (t) => {
  const { ticks } = createClock(24);
  t.equal(ticks.frameTime(24 * 3600), 3_600_000);
});
