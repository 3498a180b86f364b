import t from 'tap';
import { srvOrder } from '../../../../src/component/sip/transport/srv-order.ts';

const record = (name: string, priority: number, weight: number) => ({ name, priority, weight, port: 5060 });

t.test('servers of a lower priority come first', async (t) => {
  const records = [record('c', 20, 100), record('a', 1, 0), record('b', 10, 1)];
  t.strictSame(
    srvOrder(records, 'seed').map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});

t.test('servers of the same priority share the load by their weights', async (t) => {
  const records = [record('zero', 1, 0), record('light', 1, 25), record('heavy', 1, 75)];
  const first = { zero: 0, light: 0, heavy: 0 };
  for (let seed = 0; seed < 4000; seed += 1) {
    const name = srvOrder(records, String(seed))[0]?.name as keyof typeof first;
    first[name] += 1;
  }
  t.ok(first.heavy > 2800 && first.heavy < 3200, `${first.heavy} of 4000`);
  t.ok(first.zero < 40, `${first.zero} of 4000`);
});

t.test('the order does not change from one question to the next', async (t) => {
  const records = ['a', 'b', 'c', 'd', 'e'].map((name) => record(name, 1, 10));
  t.strictSame(srvOrder(records.toReversed(), 'seed'), srvOrder(records, 'seed'));
});
