/** Items that are read in advance: enough for a slow disk or encoder, not much of the memory. */
const mostItems = 200;

/**
 * Reads a stream some way ahead of whoever uses it: up to 200 items, then nothing until half of them are gone.
 */
export async function* prefetched<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const reader = new Reader(items);
  try {
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) yield next.item;
  } finally {
    await reader.close();
  }
}

class Reader<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #items: { readonly item: T }[] = [];
  #reading: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #error: { readonly cause: unknown } | undefined;
  #ended = false;

  constructor(items: AsyncIterable<T>) {
    this.#iterator = items[Symbol.asyncIterator]();
  }

  async next(): Promise<{ readonly item: T } | undefined> {
    if (this.#items.length <= mostItems / 2 && !this.#ended) this.#reading ??= this.#read();
    while (this.#items.length === 0 && !this.#ended)
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    const next = this.#items.shift();
    if (!next && this.#error) throw this.#error.cause;
    return next;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#iterator.return?.();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (this.#items.length < mostItems && !this.#ended) {
        const next = await this.#iterator.next();
        if (next.done) this.#ended = true;
        else this.#items.push({ item: next.value });
        this.#wake?.();
      }
    } catch (cause) {
      this.#error = { cause };
      this.#ended = true;
    }
    this.#reading = undefined;
    this.#wake?.();
  }
}
