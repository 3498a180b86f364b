import t from 'tap';
import { LiveMargin } from '../../../src/web/player/browser/live-margin.ts';

/** Looks once per second. @returns the margins, by seconds */
function looks(margin: LiveMargin, from: number, to: number, behind = 0): number[] {
  const seen: number[] = [];
  for (let second = from; second < to; second += 1) seen.push(margin.look(second * 1000, true, behind));
  return seen;
}

t.test('a stall sets the margin to where it left the player, which comes back slowly after a while', async (t) => {
  const margin = new LiveMargin();
  t.strictSame(new Set(looks(margin, 0, 5, 0.7)), new Set([0]), 'nothing without a stall');
  margin.stall(5000);
  t.equal(margin.look(5250, false, 0.3), 0, 'it has not continued yet');
  t.equal(margin.look(5500, true, 0.6), 0.6);
  t.strictSame(new Set(looks(margin, 6, 10, 0.6)), new Set([0.6]));
  const [first = 0, second = 0] = looks(margin, 10, 12);
  t.ok(first < 0.6 && first > 0.4 && second < first, `${first}, ${second}`);
  looks(margin, 17, 60);
  t.equal(margin.look(60_000, true, 0), 0);
});

t.test('a short stall adds a little, many of them no more than two seconds', async (t) => {
  const margin = new LiveMargin();
  margin.stall(0);
  t.equal(margin.look(0, true, -0.1), 0.1);
  for (let stall = 1; stall <= 30; stall += 1) {
    margin.stall(stall * 1000);
    margin.look(stall * 1000, true, 5);
  }
  t.equal(margin.look(31_000, true, 5), 2);
});

t.test('stalls soon after one another are remembered longer and longer', async (t) => {
  const margin = new LiveMargin();
  /** Seconds until the margin decreases after a stall. */
  const calm = (from: number) => {
    margin.stall(from * 1000);
    let second = from;
    while (!margin.isCalm(second * 1000)) second += 1;
    return second - from;
  };
  t.equal(calm(0), 5);
  t.equal(calm(30), 10);
  t.equal(calm(60), 20);
  t.equal(calm(300), 5, 'long after');
});
