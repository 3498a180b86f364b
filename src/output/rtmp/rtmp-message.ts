/** Types of RTMP messages: RTMP 1.0, sections 5.4 and 7.1. */
export const messageType = {
  setChunkSize: 1,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  audio: 8,
  video: 9,
  data: 18,
  command: 20,
} as const;

export interface RtmpMessage {
  readonly type: number;
  /** Message stream id; 0: the connection itself. */
  readonly streamId: number;
  /** In ms, modulo 2^32. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Timestamps from this value on are extended. */
const extended = 0xffffff;

/** Splits a message into chunks: RTMP 1.0, section 5.3.1. @param chunkStream 2 to 63 @param chunkSize in bytes */
export function writeChunks(message: RtmpMessage, chunkStream: number, chunkSize: number): Buffer {
  const { type, streamId, payload } = message;
  const timestamp = message.timestamp >>> 0;
  const late = timestamp >= extended ? Buffer.alloc(4) : Buffer.alloc(0);
  if (late.length > 0) late.writeUInt32BE(timestamp);
  const head = Buffer.alloc(12);
  head[0] = chunkStream;
  head.writeUIntBE(Math.min(timestamp, extended), 1, 3);
  head.writeUIntBE(payload.length, 4, 3);
  head[7] = type;
  head.writeUInt32LE(streamId, 8);
  const pieces: Buffer[] = [head, late, payload.subarray(0, chunkSize)];
  for (let at = chunkSize; at < payload.length; at += chunkSize) {
    pieces.push(Buffer.of(0xc0 | chunkStream), late, payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(pieces);
}

interface ChunkStream {
  timestamp: number;
  delta: number;
  isExtended: boolean;
  length: number;
  type: number;
  streamId: number;
  /** The message that is being received. */
  payload: Buffer;
  missing: number;
}

/** Maximum length of a message of the server, in bytes: a server that does not publish sends small messages only. */
const maxMessageLength = 1_000_000;
/** Maximum number of chunk streams of the server: it needs two or three. */
const maxStreams = 16;

/** Reassembles messages from a chunk stream. */
export class ChunkReader {
  readonly #take: (message: RtmpMessage) => void;
  readonly #streams = new Map<number, ChunkStream>();
  #chunks: Buffer[] = [];
  #size = 0;
  /** Number of bytes that are needed before reading can continue. */
  #wanted = 1;
  #chunkSize = 128;

  constructor(take: (message: RtmpMessage) => void) {
    this.#take = take;
  }

  /** Adds bytes. @throws RangeError when they are not a chunk stream */
  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size < this.#wanted) return;
    let data = this.#chunks.length === 1 ? bytes : Buffer.concat(this.#chunks);
    for (let taken = this.#read(data); taken > 0; taken = this.#read(data)) data = data.subarray(taken);
    this.#chunks = data.length > 0 ? [data] : [];
    this.#size = data.length;
  }

  /** @returns the number of bytes of the chunk that was read; 0: more are needed */
  #read(bytes: Buffer): number {
    const first = bytes[0];
    if (first === undefined) return this.#needs(1);
    const basic = (first & 63) === 0 ? 2 : (first & 63) === 1 ? 3 : 1;
    const headLength = [11, 7, 3, 0][first >> 6] ?? 0;
    let at = basic + headLength;
    if (bytes.length < at) return this.#needs(at);
    const id = basic === 1 ? first & 63 : basic === 2 ? (bytes[1] ?? 0) + 64 : bytes.readUInt16LE(1) + 64;
    const known = this.#streams.get(id);
    if (headLength < 11 && !known) throw new RangeError('An RTMP chunk refers to a missing one.');
    const stream = readHead(bytes.subarray(basic, at), known);
    if (stream.isExtended) {
      if (bytes.length < at + 4) return this.#needs(at + 4);
      if (headLength > 0) stream.delta = bytes.readUInt32BE(at);
      at += 4;
    }
    if (stream.length > maxMessageLength) throw new RangeError('An RTMP message is too long.');
    const begins = stream.missing === 0;
    const missing = begins ? stream.length : stream.missing;
    const size = Math.min(missing, this.#chunkSize);
    if (bytes.length < at + size) return this.#needs(at + size);
    if (begins) {
      stream.timestamp = headLength === 11 ? stream.delta : stream.timestamp + stream.delta;
      stream.payload = Buffer.alloc(stream.length);
    }
    bytes.copy(stream.payload, stream.payload.length - missing, at, at + size);
    stream.missing = missing - size;
    this.#streams.set(id, stream);
    if (this.#streams.size > maxStreams) throw new RangeError('There are too many RTMP chunk streams.');
    if (stream.missing === 0) this.#finish(stream);
    return at + size;
  }

  #finish(stream: ChunkStream): void {
    const { type, streamId, timestamp, payload } = stream;
    stream.payload = Buffer.alloc(0);
    if (type === messageType.setChunkSize && payload.length >= 4) {
      this.#chunkSize = Math.max(1, payload.readUInt32BE() & 0x7fffffff);
    }
    this.#take({ type, streamId, timestamp: timestamp >>> 0, payload });
  }

  #needs(bytes: number): 0 {
    this.#wanted = bytes;
    return 0;
  }
}

/** Reads a chunk's header; missing fields are those of the previous chunk: RTMP 1.0, section 5.3.1.2. */
function readHead(head: Buffer, known: ChunkStream | undefined): ChunkStream {
  const fresh = {
    timestamp: 0,
    delta: 0,
    isExtended: false,
    length: 0,
    type: 0,
    streamId: 0,
    payload: Buffer.alloc(0),
    missing: 0,
  };
  const stream = known ? { ...known } : fresh;
  if (head.length >= 3) {
    stream.delta = head.readUIntBE(0, 3);
    stream.isExtended = stream.delta === extended;
  }
  if (head.length >= 7) {
    stream.length = head.readUIntBE(3, 3);
    stream.type = head[6] ?? 0;
  }
  if (head.length >= 11) stream.streamId = head.readUInt32LE(7);
  return stream;
}
