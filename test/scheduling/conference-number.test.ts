import t from 'tap';
import { ConferenceNumbers } from '../../src/scheduling/conference-number.ts';
import { HeldClock } from '../clock/held-clock.ts';

const second = 1_700_000_000;

t.test('a number is one or two digits and the time', async (t) => {
  const numbers = new ConferenceNumbers(new HeldClock(second * 1000 + 999));
  for (let round = 0; round < 50; round += 1) t.match(numbers.next(), new RegExp(`^\\d{1,2}${second}$`));
});

t.test('thousands a second are all different, and later ones have the time again', async (t) => {
  const clock = new HeldClock(second * 1000);
  const numbers = new ConferenceNumbers(clock);
  const all = Array.from({ length: 5000 }, () => numbers.next());
  t.equal(new Set(all).size, all.length);
  t.match(all.at(-1), new RegExp(`${second + 49}$`));
  clock.advance(100_000);
  t.match(numbers.next(), new RegExp(`${second + 100}$`));
});

t.test('numbers that are refused are left behind soon', async (t) => {
  const numbers = new ConferenceNumbers(new HeldClock(second * 1000));
  const ends = [0, 1, 2, 3, 4].map((refused) => Number(numbers.next(refused).slice(-10)) - second);
  t.strictSame(ends, [0, 1, 3, 7, 15]);
});

t.test('a clock that goes back makes no number twice', async (t) => {
  const clock = new HeldClock(second * 1000);
  const numbers = new ConferenceNumbers(clock);
  const before = Array.from({ length: 100 }, () => numbers.next());
  clock.setTime(0);
  const after = Array.from({ length: 100 }, () => numbers.next());
  t.equal(new Set([...before, ...after]).size, 200);
});
