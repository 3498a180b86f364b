import t from 'tap';
import { Deadline } from '../../src/clock/deadline.ts';
import { HeldClock } from './held-clock.ts';

t.test('a deadline aborts when its time is over', async (t) => {
  const clock = new HeldClock();
  const { signal } = new Deadline(clock, 100);
  clock.advance(99);
  t.equal(signal.aborted, false);
  clock.advance(1);
  t.equal(signal.aborted, true);
});

t.test('one that is closed leaves no timer, and keeps nothing', async (t) => {
  const clock = new HeldClock();
  const deadline = new Deadline(clock, 100);
  const combined = AbortSignal.any([new AbortController().signal, deadline.signal]);
  deadline.close();
  deadline.close();
  t.equal(clock.pending, 0);
  t.equal(combined.aborted, true);
});
