import t from 'tap';
import { pause } from '../../src/clock/pause.ts';
import { HeldClock } from './held-clock.ts';

t.test('a pause resolves after its duration', async (t) => {
  const clock = new HeldClock();
  let over = false;
  const pausing = pause(clock, 100, new AbortController().signal).then(() => {
    over = true;
  });
  clock.advance(99);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(over, false);
  clock.advance(1);
  await pausing;
  t.equal(over, true);
});

t.test('an aborted signal ends a pause, whether aborted before or during it', async (t) => {
  const clock = new HeldClock();
  await pause(clock, 100, AbortSignal.abort());
  const stop = new AbortController();
  const pausing = pause(clock, 100, stop.signal);
  stop.abort();
  await pausing;
  t.equal(clock.pending, 0);
});
