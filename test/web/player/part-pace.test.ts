import t from 'tap';
import { PartPace } from '../../../src/web/player/browser/part-pace.ts';

const partTarget = 0.2;
/** A load whose first byte came after so many ms, and the rest after so many more. */
const load = (duration: number, wait: number, rest: number) => ({
  ...{ duration, start: 1000, first: 1000 + wait, end: 1000 + wait + rest },
});

/** After many such loads. */
function after(...each: ReturnType<typeof load>[]): PartPace {
  const pace = new PartPace();
  for (let i = 0; i < 30; i += 1) for (const one of each) pace.loaded(one, partTarget);
  return pace;
}

t.test('parts that take longer to load than to play are too slow', async (t) => {
  const none = new PartPace();
  t.match([none.isTooSlow, none.isFastEnough], [false, true], 'nothing is known yet');
  const far = after(load(0.2, 300, 10));
  t.match([far.isTooSlow, far.isFastEnough], [true, false]);
  t.ok(far.rate < 0.7 && far.rate > 0.6, `${far.rate}`);
  const near = after(load(0.2, 20, 10));
  t.match([near.isTooSlow, near.isFastEnough], [false, true]);
  const between = after(load(0.2, 140, 10));
  t.match([between.isTooSlow, between.isFastEnough], [false, false]);
});

t.test('one slow part is not a slow network', async (t) => {
  const pace = after(load(0.2, 20, 10));
  pace.loaded(load(0.2, 600, 10), partTarget);
  t.notOk(pace.isTooSlow);
});

t.test('segments say what parts would take', async (t) => {
  t.notOk(after(load(2, 300, 100)).isFastEnough);
  t.ok(after(load(2, 50, 400)).isFastEnough);
  t.ok(after(load(2, 50, 1800)).isTooSlow, 'too little bandwidth');
});

t.test('without parts there is nothing to say', async (t) => {
  const pace = new PartPace();
  pace.loaded(load(6, 9000, 9000), 0);
  t.notOk(pace.isTooSlow);
});
