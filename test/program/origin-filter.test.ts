import t from 'tap';
import { ChosenOrigins, everyOrigin } from '../../src/program/origin-filter.ts';

t.test('chosen endpoints can be added', async (t) => {
  const origins = new ChosenOrigins();
  let widened = 0;
  const stop = origins.onWidened(() => {
    widened += 1;
  });
  t.equal(origins.takes('a'), false);
  origins.add(['a', 'b']);
  t.equal(origins.takes('a'), true);
  origins.add(['c']);
  t.same([origins.takes('a'), origins.takes('c'), origins.takes('d')], [true, true, false]);
  t.equal(widened, 2);
  stop();
  origins.add(['d']);
  t.equal(widened, 2);
});

t.test('without a choice all endpoints are included', async (t) => {
  t.equal(everyOrigin.takes('anybody'), true);
});
