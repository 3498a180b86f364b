import t from 'tap';
import { Pacer } from '../../../src/component/file/pacer.ts';
import { HeldClock } from '../../clock/held-clock.ts';

t.test('the pacer follows one absolute clock, so that late wake-ups do not add up', async (t) => {
  const clock = new HeldClock(1_000_000);
  const pacer = new Pacer(clock, 10, new AbortController().signal);
  t.equal(pacer.instantOf(10.5), 1_000_500);
  t.ok(await pacer.until(10), 'the beginning is now');
  const waiting = pacer.until(10.1);
  t.equal(clock.pending, 1);
  clock.advance(99);
  t.equal(clock.pending, 1, 'not yet');
  clock.advance(251);
  t.ok(await waiting);
  t.ok(await pacer.until(10.35), '350 ms have gone by, whatever was waited for');
  clock.setTime(1e13);
  const next = pacer.until(10.4);
  t.equal(clock.pending, 1, 'the time of day is nothing to it');
  clock.advance(50);
  t.ok(await next);
  t.equal(clock.pending, 0);
});

t.test('stopping ends every wait', async (t) => {
  const clock = new HeldClock();
  const stop = new AbortController();
  const pacer = new Pacer(clock, 0, stop.signal);
  const waiting = [pacer.until(1), pacer.until(2)];
  stop.abort();
  t.same(await Promise.all(waiting), [false, false]);
  t.notOk(await pacer.until(0));
  t.equal(clock.pending, 0);
});
