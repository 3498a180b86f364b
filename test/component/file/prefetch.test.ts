import t from 'tap';
import { prefetched } from '../../../src/component/file/prefetch.ts';

/** Counts how far it was read, and whether it was told to stop. */
class Numbers {
  read = 0;
  ended = false;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      while (this.read < this.#count) {
        this.read += 1;
        yield this.read;
      }
    } finally {
      this.ended = true;
    }
  }
}

/** Until nothing more happens by itself. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('all items come in order', async (t) => {
  for (const count of [0, 1, 199, 200, 201, 1000]) {
    const numbers: number[] = [];
    for await (const number of prefetched(new Numbers(count))) numbers.push(number);
    t.same(
      numbers,
      Array.from({ length: count }, (_, index) => index + 1),
    );
  }
});

t.test('200 items are read ahead, and more once half of them are gone', async (t) => {
  const source = new Numbers(1000);
  const items = prefetched(source);
  await items.next();
  await settled();
  t.ok(source.read >= 200 && source.read <= 201, `${source.read}`);
  const before = source.read;
  for (let taken = 0; taken < 90; taken += 1) await items.next();
  await settled();
  t.equal(source.read, before);
  for (let taken = 0; taken < 20; taken += 1) await items.next();
  await settled();
  t.ok(source.read >= before + 100, `${source.read}`);
  await items.return(undefined);
  t.ok(source.ended);
});

t.test('an error comes after what was read before it', async (t) => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new RangeError('broken');
  }
  const items = prefetched(failing());
  t.equal((await items.next()).value, 1);
  await t.rejects(items.next(), { message: 'broken' });
});

t.test('fewer large items are read ahead, but at least one', async (t) => {
  const long = 20 * 1024 * 1024;
  const source = new Numbers(30);
  const items = prefetched(source, (number) => (number < 20 ? long : 5 * long));
  await items.next();
  await settled();
  t.equal(source.read, 5, 'the one that was taken, and 80 MiB');
  await items.next();
  await items.next();
  await settled();
  t.equal(source.read, 5);
  let taken = 3;
  for await (const number of items) {
    taken += 1;
    t.equal(number, taken);
  }
  t.equal(taken, 30);
});
