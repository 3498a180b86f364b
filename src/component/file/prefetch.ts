import { ReadableStream } from 'node:stream/web';

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
  const iterator = items[Symbol.asyncIterator]();
  let failure: { readonly cause: unknown } | undefined;
  const buffer = new ReadableStream<T>(
    {
      async pull(controller) {
        const free = () => controller.desiredSize ?? 0;
        if (free() < maxBytes / 2) return;
        try {
          while (free() > 0) {
            const next = await iterator.next();
            if (next.done) return controller.close();
            controller.enqueue(next.value);
          }
        } catch (cause) {
          // An error of the stream itself would drop the items before it.
          failure = { cause };
          controller.close();
        }
      },
      cancel: async () => void (await iterator.return?.()),
    },
    { highWaterMark: maxBytes, size: (item) => Math.max(lengthOf(item), maxBytes / maxItems) },
  );
  yield* buffer;
  if (failure) throw failure.cause;
}
