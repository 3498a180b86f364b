import type { Readable } from 'node:stream';

export interface BoundedBody {
  readonly bytes: Buffer;
  /** Not all of it: it was too long, took too long or broke off. */
  readonly truncated: boolean;
}

/** Reads a body to its end, up to `maxBytes` and for `timeout` ms; then the stream, and its connection, is destroyed. */
export async function readBounded(body: Readable, maxBytes: number, timeout: number): Promise<BoundedBody> {
  const timer = setTimeout(() => body.destroy(), timeout);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
      if (size > maxBytes) break;
    }
    return { bytes: Buffer.concat(chunks), truncated: size > maxBytes || body.readableAborted };
  } catch {
    return { bytes: Buffer.concat(chunks), truncated: true };
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
