import { deserialize, serialize } from 'node:v8';

/**
 * How messages travel between the server and a worker of ours (the composer, the track recorder): each one is its length (32 bits,
 * big-endian) and itself in the runtime's own serialization, which knows byte arrays. The worker reads them on file descriptor 0, whose
 * end tells it to exit, and writes them to file descriptor 3; its standard output and standard error are for the log. A message without
 * any byte is a ping; the worker sends it back.
 */

/** The file descriptor that a worker writes its messages to. */
export const messageOutput = 3;

/** Asks whether the other side still reads, and says that it does. */
export const ping = Buffer.alloc(4);

/** No message is near this, in bytes; what claims to be longer is not ours. */
const maxLength = 64 * 1024 * 1024;

export function frameMessage(message: unknown): Buffer {
  const body = serialize(message);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}

/** Cuts a byte stream into messages again, wherever its chunks end. */
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

  /** @throws RangeError when this is no stream of messages */
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

  /** The first chunk, made at least this long. */
  #joined(length: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length >= length) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
