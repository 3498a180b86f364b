import t from 'tap';
import { CatchUpRate } from '../../../src/web/player/browser/catch-up-rate.ts';

/** Plays so many ms from so far behind, looking four times per second. @returns the speeds, and how far behind it is in the end */
function play(from: number, ms: number, noise = 0): { rates: number[]; behind: number } {
  const rate = new CatchUpRate();
  const rates: number[] = [];
  let behind = from;
  for (let now = 0; now < ms; now += 250) {
    const speed = rate.look(now, behind + (now % 500 === 0 ? noise : -noise), false);
    rates.push(speed);
    behind -= (speed - 1) * 0.25;
  }
  return { rates, behind };
}

t.test('within the last second a player catches up at a speed that is not noticed, and then stops', async (t) => {
  const { rates, behind } = play(0.3, 20_000);
  t.ok(Math.max(...rates) <= 1.1, `${Math.max(...rates)}`);
  t.ok(behind <= 0.02 && behind > -0.01, `${behind} s`);
  t.equal(rates.at(-1), 1);
  t.equal(rates.slice(1).filter((rate, index) => rate > (rates[index] ?? 1)).length, 0, 'it only gets slower');
});

t.test('the further it is behind, the faster, up to a limit', async (t) => {
  t.equal(new CatchUpRate().look(0, 1, false), 1.35);
  t.equal(new CatchUpRate().look(0, 2.4, false), 1.5);
});

t.test('near its target the speed does not change to and fro', async (t) => {
  t.strictSame(new Set(play(0.05, 20_000, 0.04).rates), new Set([1]));
  const { rates } = play(0.3, 20_000, 0.04);
  t.strictSame(rates, [...rates].sort().reverse(), 'it only gets slower');
  t.equal(rates.slice(1).filter((rate, index) => rate > 1 && rates[index] === 1).length, 0, 'once only');
});

t.test('who falls further behind plays faster still', async (t) => {
  const rate = new CatchUpRate();
  t.equal(rate.look(0, 0.28, false), 1.1);
  t.equal(rate.look(250, 0.32, false), 1.1, 'not for what may be inaccuracy');
  t.equal(rate.look(500, 1, false), 1.35);
});

t.test('a player plays faster only when enough has been buffered for a while', async (t) => {
  const rate = new CatchUpRate();
  t.equal(rate.look(0, 1, true), 1);
  t.equal(rate.look(1900, 1, false), 1);
  t.ok(rate.look(2000, 1, false) > 1);
  t.equal(rate.look(2250, 1, true), 1);
});

t.test('a player never plays faster than it loads', async (t) => {
  t.equal(new CatchUpRate().look(0, 1, false, 1.14), 1.1);
  t.equal(new CatchUpRate().look(0, 1, false, 0.9), 1);
});
