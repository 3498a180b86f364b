import t from 'tap';
import { PresentationOrder } from '../../../src/component/file/presentation-order.ts';

t.test('timestamps are in presentation order', async (t) => {
  const order = new PresentationOrder();
  // I P B B as they are decoded
  for (const time of [0, 3, 1, 2]) order.add({ time, duration: 1 });
  t.same([order.next()?.time, order.next()?.time], [0, 1]);
  for (const time of [6, 4, 5]) order.add({ time, duration: 1 });
  t.same(
    Array.from({ length: 6 }, () => order.next()?.time),
    [2, 3, 4, 5, 6, undefined],
  );
});
