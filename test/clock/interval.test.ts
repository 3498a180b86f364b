import t from 'tap';
import { Interval } from '../../src/clock/interval.ts';
import { HeldClock } from './held-clock.ts';

t.test('the work is done after each interval, until it is closed', async (t) => {
  const clock = new HeldClock();
  let count = 0;
  const interval = new Interval(clock, 10, () => {
    count += 1;
  });
  clock.advance(9);
  t.equal(count, 0);
  clock.advance(1);
  clock.advance(10);
  t.equal(count, 2);
  await interval.close();
  await interval.close();
  t.equal(clock.pending, 0);
});

t.test('work that takes longer is not begun anew, and closing waits for it', async (t) => {
  const clock = new HeldClock();
  const works: PromiseWithResolvers<void>[] = [];
  const interval = new Interval(clock, 10, () => {
    works.push(Promise.withResolvers());
    return works.at(-1)?.promise;
  });
  clock.advance(10);
  clock.advance(10);
  t.equal(works.length, 1);
  works[0]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10);
  t.equal(works.length, 2);
  let closed = false;
  const closing = interval.close().then(() => {
    closed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.notOk(closed);
  works[1]?.resolve();
  await closing;
});
