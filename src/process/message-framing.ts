import { deserialize, serialize } from 'node:v8';

/**
 * The framing of messages between the server and a composer or track recorder: a length (32 bits, big-endian) and the message in the
 * serialization of V8, which supports byte arrays. The worker reads messages from file descriptor 0, exits at its end, and writes
 * messages to file descriptor 3; its standard output and standard error are logged. A message of length 0 is a ping, which the worker
 * returns.
 */

/** The file descriptor that a worker writes its messages to. */
export const messageOutput = 3;

/** A ping, and the response to it. */
export const ping = Buffer.alloc(4);

/** Maximum message length, in bytes. */
const maxLength = 64 * 1024 * 1024;

export function frameMessage(message: unknown): Buffer {
  const body = serialize(message);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}

/** Splits a byte stream into messages, however it is chunked. */
export class MessageReader<Message> {
  readonly #take: (message: Message) => void;
  readonly #onPing: () => void;
  #chunks: Buffer[] = [];
  #length = 0;

  /** @param onPing called for each ping */
  constructor(take: (message: Message) => void, onPing: () => void = () => undefined) {
    this.#take = take;
    this.#onPing = onPing;
  }

  /** @throws RangeError when a message exceeds the maximum length */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    let body = this.#next();
    while (body) {
      if (body.length > 0) this.#take(deserialize(body));
      else this.#onPing();
      body = this.#next();
    }
  }

  #next(): Buffer | undefined {
    if (this.#length < 4) return undefined;
    const size = this.#joined(4).readUInt32BE();
    if (size > maxLength) throw new RangeError('A message of a worker is too long.');
    if (this.#length < 4 + size) return undefined;
    const bytes = this.#joined(4 + size);
    this.#chunks = [bytes.subarray(4 + size)];
    this.#length -= 4 + size;
    return bytes.subarray(4, 4 + size);
  }

  /** Joins chunks until the first has at least this length. */
  #joined(length: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length >= length) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
