import t from 'tap';
import { SilenceWatch } from '../../../workers/telephony/silence-watch.ts';
import { HeldClock } from '../../clock/held-clock.ts';

function watched() {
  const clock = new HeldClock();
  const silences: number[] = [];
  const watch = new SilenceWatch(clock, 30_000, () => silences.push(clock.monotonic()));
  return { clock, silences, watch };
}

t.test('silence is noticed once, and again after something came', async (t) => {
  const { clock, silences, watch } = watched();
  watch.watch(true);
  clock.advance(20_000);
  watch.heard();
  clock.advance(29_000);
  t.same(silences, []);
  clock.advance(100_000);
  t.same(silences, [50_000]);
  watch.heard();
  clock.advance(100_000);
  t.same(silences, [50_000, 179_000]);
});

t.test('on hold nothing is missed; the time begins with its end', async (t) => {
  const { clock, silences, watch } = watched();
  clock.advance(60_000);
  watch.watch(true);
  clock.advance(29_999);
  watch.watch(false);
  watch.heard();
  clock.advance(100_000);
  watch.watch(true);
  clock.advance(29_999);
  t.same(silences, []);
  clock.advance(1);
  t.equal(silences.length, 1);
  watch.watch(false);
  t.equal(clock.pending, 0);
});
