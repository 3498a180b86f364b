import t from 'tap';
import { lookAhead } from '../../../src/component/file/look-ahead.ts';

let ended = 0;

async function* numbers(count: number): AsyncGenerator<number> {
  try {
    for (let number = 1; number <= count; number += 1) yield number;
  } finally {
    ended += 1;
  }
}

t.test('the first items are known, and none is lost', async (t) => {
  for (const count of [0, 2, 3, 10]) {
    const { first, all } = await lookAhead(numbers(count), 3);
    const every = Array.from({ length: count }, (_, index) => index + 1);
    t.same(first, every.slice(0, 3));
    const rest: number[] = [];
    for await (const number of all) rest.push(number);
    t.same(rest, every);
  }
});

t.test('stopping early closes the source', async (t) => {
  const { all } = await lookAhead(numbers(10), 3);
  const before = ended;
  for await (const number of all) if (number === 5) break;
  t.equal(ended, before + 1);
});

t.test('an error among the first items is thrown', async (t) => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new RangeError('broken');
  }
  await t.rejects(lookAhead(failing(), 2), { message: 'broken' });
});

t.test('fewer large items are read ahead', async (t) => {
  const { first, all } = await lookAhead(numbers(10), 8, () => 20 * 1024 * 1024);
  t.same(first, [1, 2, 3, 4]);
  const every: number[] = [];
  for await (const number of all) every.push(number);
  t.equal(every.length, 10);
});
