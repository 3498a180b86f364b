import type { Readable } from 'node:stream';

export interface BoundedBody {
  readonly bytes: Buffer;
  /** Whether the body is incomplete: it was too long, took too long or was cut off. */
  readonly truncated: boolean;
}

/** Reads a body, at most `maxBytes` of it and for at most `timeout` ms, and destroys the stream with its connection. */
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
