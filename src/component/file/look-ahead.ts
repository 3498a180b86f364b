/** The first items of a stream, and the whole stream including them. */
export interface LookedAhead<T> {
  readonly first: readonly T[];
  readonly all: AsyncIterable<T>;
  /** Ends a stream that nobody is going to read. */
  readonly end: () => Promise<void>;
}

/** Maximum total length of the items that are read ahead, in bytes; no real file needs more. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Reads up to `count` items ahead, fewer when they are large.
 * @param lengthOf length of an item in bytes
 */
export async function lookAhead<T>(
  items: AsyncIterable<T>,
  count: number,
  lengthOf: (item: T) => number = () => 0,
): Promise<LookedAhead<T>> {
  const iterator = items[Symbol.asyncIterator]();
  const first: T[] = [];
  try {
    for (let bytes = 0; first.length < count && bytes < maxBytes; ) {
      const next = await iterator.next();
      if (next.done) break;
      first.push(next.value);
      bytes += lengthOf(next.value);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  return { first, all: rejoin(first, iterator), end: async () => void (await iterator.return?.()) };
}

async function* rejoin<T>(first: readonly T[], iterator: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield* first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
