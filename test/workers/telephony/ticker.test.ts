import t from 'tap';
import { Ticker } from '../../../workers/telephony/ticker.ts';
import { LateClock } from './late-clock.ts';

function open() {
  const clock = new LateClock();
  const [ticks, lateness, skipped]: number[][] = [[], [], []];
  const ticker = new Ticker({
    clock,
    onTick: (due) => ticks?.push(due),
    onLateness: (time) => lateness?.push(time),
    onSkipped: (count) => skipped?.push(count),
  });
  return { clock, ticker, ticks, lateness, skipped };
}

t.test('there is a tick every 20 ms, late timers or not', async (t) => {
  const { clock, ticks, lateness, skipped } = open();
  for (const time of [20, 41, 65, 80]) clock.runAt(time);
  t.same(ticks, [20, 40, 60, 80]);
  t.same(lateness, [0, 1, 5, 0]);
  t.same(skipped, []);
});

t.test('a timer that is early does not tick', async (t) => {
  const { clock, ticks } = open();
  clock.runAt(19);
  t.same(ticks, []);
  clock.runAt(20);
  t.same(ticks, [20]);
});

t.test('up to five ticks are made up for, those before them are left out', async (t) => {
  const { clock, ticks, lateness, skipped } = open();
  clock.runAt(100);
  t.same(ticks, [20, 40, 60, 80, 100]);
  t.same(skipped, []);
  clock.runAt(2000);
  t.same(ticks?.slice(5), [1920, 1940, 1960, 1980, 2000]);
  t.same(skipped, [90]);
  t.same(lateness, [80, 60, 40, 20, 0, 80, 60, 40, 20, 0]);
});

t.test('a closed ticker is still, also when a tick has closed it', async (t) => {
  const { clock, ticker, ticks } = open();
  ticker.close();
  ticker.close();
  t.notOk(clock.pending);
  t.same(ticks, []);
  const other = new LateClock();
  const closing: Ticker = new Ticker({
    clock: other,
    onTick: () => closing.close(),
    onLateness: () => undefined,
    onSkipped: () => undefined,
  });
  other.runAt(100);
  t.notOk(other.pending);
});
