/** The first items of a stream, and the whole stream with them. */
export interface LookedAhead<T> {
  readonly first: readonly T[];
  readonly all: AsyncIterable<T>;
}

/** Reads up to `count` items in advance. */
export async function lookAhead<T>(items: AsyncIterable<T>, count: number): Promise<LookedAhead<T>> {
  const iterator = items[Symbol.asyncIterator]();
  const first: T[] = [];
  try {
    while (first.length < count) {
      const next = await iterator.next();
      if (next.done) break;
      first.push(next.value);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  return { first, all: rejoin(first, iterator) };
}

async function* rejoin<T>(first: readonly T[], iterator: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    yield* first;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
