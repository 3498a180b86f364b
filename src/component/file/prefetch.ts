/** Maximum number of items that are read ahead: enough for a slow disk or encoder. */
const maxItems = 200;
/** Maximum total length of the items that are read ahead, in bytes. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Reads a stream ahead of its consumer: up to 200 items or 64 MiB, then nothing until half of them are consumed.
 * @param lengthOf length of an item in bytes
 */
export async function* prefetched<T>(
  items: AsyncIterable<T>,
  lengthOf: (item: T) => number = () => 0,
): AsyncGenerator<T> {
  const reader = new Reader(items, lengthOf);
  try {
    for (let next = await reader.next(); next !== undefined; next = await reader.next()) yield next.item;
  } finally {
    await reader.close();
  }
}

class Reader<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #items: { readonly item: T }[] = [];
  readonly #lengthOf: (item: T) => number;
  #bytes = 0;
  #reading: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #error: { readonly cause: unknown } | undefined;
  #ended = false;

  constructor(items: AsyncIterable<T>, lengthOf: (item: T) => number) {
    this.#iterator = items[Symbol.asyncIterator]();
    this.#lengthOf = lengthOf;
  }

  async next(): Promise<{ readonly item: T } | undefined> {
    if (!this.#holds(0.5) && !this.#ended) this.#reading ??= this.#read();
    while (this.#items.length === 0 && !this.#ended)
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    const next = this.#items.shift();
    if (next) this.#bytes -= this.#lengthOf(next.item);
    else if (this.#error) throw this.#error.cause;
    return next;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#iterator.return?.();
    await this.#reading;
  }

  /** Whether the buffer is filled to this fraction. */
  #holds(part: number): boolean {
    return this.#items.length >= maxItems * part || this.#bytes >= maxBytes * part;
  }

  #take(item: T): void {
    this.#items.push({ item });
    this.#bytes += this.#lengthOf(item);
  }

  async #read(): Promise<void> {
    try {
      while (!this.#holds(1) && !this.#ended) {
        const next = await this.#iterator.next();
        if (next.done) this.#ended = true;
        else this.#take(next.value);
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
