import t from 'tap';
import { DelayedAbort } from '../../src/clock/delayed-abort.ts';
import { HeldClock } from './held-clock.ts';

t.test('it aborts a while after the first signal', async (t) => {
  const clock = new HeldClock();
  const first = new AbortController();
  const { signal } = new DelayedAbort(clock, first.signal, 100);
  clock.advance(1000);
  t.notOk(signal.aborted);
  first.abort();
  clock.advance(99);
  t.notOk(signal.aborted);
  clock.advance(1);
  t.ok(signal.aborted);
});

t.test('also when that was aborted before', async (t) => {
  const clock = new HeldClock();
  const { signal } = new DelayedAbort(clock, AbortSignal.abort(), 100);
  clock.advance(100);
  t.ok(signal.aborted);
});

t.test('a closed one leaves nothing behind', async (t) => {
  const clock = new HeldClock();
  const first = new AbortController();
  const closed = [new DelayedAbort(clock, first.signal, 100), new DelayedAbort(clock, AbortSignal.abort(), 100)];
  for (const each of closed) each.close();
  first.abort();
  t.equal(clock.pending, 0);
  clock.advance(1000);
  t.notOk(closed.some(({ signal }) => signal.aborted));
});
