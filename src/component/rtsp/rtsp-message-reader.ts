import { InterleavedStreams } from './interleaved-streams.ts';
import { RtspError } from './rtsp-error.ts';
import { type MessageHead, parseHead, type RtspRequest, type RtspResponse } from './rtsp-message.ts';

export interface RtspMessageReaderEvents {
  response(response: RtspResponse): void;
  request(request: RtspRequest): void;
  /** An interleaved packet, RFC 2326 10.12. Its bytes may be kept. */
  packet(channel: number, data: Buffer): void;
}

const maxHeadBytes = 16 * 1024;
/** The same after stray bytes, in which each word may look like the start of a message. */
const maxStrayHeadBytes = 2048;
/** Maximum length of a body, in bytes: many times that of the largest SDP in practice. */
const maxBodyBytes = 256 * 1024;
/** Maximum number of bytes in a row that belong to nothing. */
const maxStrayBytes = 64 * 1024;
const dollar = 0x24;
/** A first line as far as it has come: of a response or a request. */
const firstLine = /^(?:[A-Z_]{1,20}|RTSP\/[\x20-\x7e]*\r?|[A-Z_]{1,20} [\x20-\x7e]*\r?)$/;
const maxFirstLine = 512;

/**
 * Splits the data of an RTSP connection into messages and interleaved packets; it buffers at most one of them. Once packets have come, bytes
 * between them that belong to nothing are skipped.
 */
export class RtspMessageReader {
  readonly #events: RtspMessageReaderEvents;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Number of bytes that are needed before parsing can continue. */
  #wanted = 1;
  /** A message whose body is incomplete. */
  #head: MessageHead | undefined;
  readonly #streams = new InterleavedStreams();
  /** Number of bytes skipped since the last message or packet. */
  #stray = 0;

  constructor(events: RtspMessageReaderEvents) {
    this.#events = events;
  }

  /** Adds a chunk. @throws RtspError invalid_response; nothing can be read after that */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    let data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (let taken = this.#take(data); taken > 0; taken = this.#take(data)) data = data.subarray(taken);
    this.#chunks = data.length > 0 ? [data] : [];
    this.#size = data.length;
  }

  /** @returns the number of consumed bytes; 0: more are needed */
  #take(data: Buffer): number {
    this.#wanted = 1;
    if (this.#head) return this.#takeBody(this.#head, data);
    if (data.length === 0) return 0;
    if (this.#stray > 0) {
      const starts = this.#streams.startsAt(data, 0);
      if (starts === undefined) return this.#needs(data.length + 1);
      if (!starts) return this.#skip(data);
    }
    if (data[0] === dollar) return this.#takePacket(data);
    // empty lines between messages are allowed
    if (data[0] === 0x0d || data[0] === 0x0a) return 1;
    return this.#streams.known ? this.#takeHeadOrSkip(data) : this.#takeHead(data);
  }

  #takeHeadOrSkip(data: Buffer): number {
    const [line = ''] = data.toString('latin1', 0, maxFirstLine).split('\n', 1);
    if (!firstLine.test(line)) return this.#skip(data);
    try {
      return this.#takeHead(data, this.#stray > 0 ? maxStrayHeadBytes : maxHeadBytes);
    } catch {
      return this.#skip(data);
    }
  }

  /** Skips bytes up to where a packet of a known stream or a response may start. */
  #skip(data: Buffer): number {
    const next = this.#streams.find(data, 1);
    this.#stray += next;
    if (this.#stray > maxStrayBytes) throw new RtspError('invalid_response');
    return next;
  }

  #takePacket(data: Buffer): number {
    if (data.length < 4) return this.#needs(4);
    const excluded = this.#streams.excludes(data);
    if (excluded === undefined) return this.#needs(data.length + 1);
    if (excluded) return this.#skip(data);
    const end = 4 + data.readUInt16BE(2);
    if (data.length < end) return this.#needs(end);
    this.#stray = 0;
    this.#streams.note(data.readUInt8(1), data.subarray(4, end));
    this.#events.packet(data.readUInt8(1), data.subarray(4, end));
    return end;
  }

  #takeHead(data: Buffer, maxLength = maxHeadBytes): number {
    // a first line begins with a capital letter, so garbage is detected at once
    const first = data.readUInt8(0);
    if (first < 0x41 || first > 0x5a) throw new RtspError('invalid_response');
    const window = data.subarray(0, maxLength).toString('latin1');
    const end = /\r?\n\r?\n/.exec(window);
    if (!end) {
      if (data.length >= maxLength) throw new RtspError('invalid_response');
      return this.#needs(data.length + 1);
    }
    const head = parseHead(window.slice(0, end.index));
    this.#stray = 0;
    if (bodyLength(head) === 0) this.#deliver(head, Buffer.alloc(0));
    else this.#head = head;
    return end.index + end[0].length;
  }

  #takeBody(head: MessageHead, data: Buffer): number {
    const length = bodyLength(head);
    if (data.length < length) return this.#needs(length);
    this.#head = undefined;
    this.#deliver(head, data.subarray(0, length));
    return length;
  }

  #deliver(head: MessageHead, body: Buffer): void {
    if ('status' in head) this.#events.response({ status: head.status, headers: head.headers, body });
    else this.#events.request({ method: head.method, headers: head.headers });
  }

  #needs(bytes: number): 0 {
    this.#wanted = bytes;
    return 0;
  }
}

function bodyLength({ headers }: MessageHead): number {
  const length = headers.number('content-length') ?? 0;
  if (length > maxBodyBytes) throw new RtspError('invalid_response');
  return length;
}
