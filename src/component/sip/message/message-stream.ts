import { SipError } from '../sip-error.ts';
import { contentLengthOf } from './header-values.ts';
import { maxMessageBytes, startOfMessage, wholeMessage } from './parse-message.ts';
import { maxHeadBytes, parseSipHead, type SipHead } from './sip-head.ts';
import type { SipMessage } from './sip-message.ts';

export interface MessageStreamEvents {
  message(message: SipMessage): void;
  /** A message that lacks what every message has; the stream goes on after it. */
  malformed(): void;
  /** Empty lines between messages: two or more ask for a sign of life, one is that sign (RFC 5626 section 4.4.1). */
  emptyLines(asked: boolean): void;
}

const emptyLine = Buffer.from('\r\n\r\n');

/** Splits the data of a connection into messages (RFC 3261 section 18.3); it buffers at most one of them. */
export class MessageStream {
  readonly #events: MessageStreamEvents;
  #data: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #size = 0;
  /** Number of bytes that are needed before parsing can continue. */
  #wanted = 1;
  /** Number of bytes in which no end of the head was found. */
  #searched = 0;
  /** Of a message whose body is incomplete. */
  #head: SipHead | undefined;

  constructor(events: MessageStreamEvents) {
    this.#events = events;
  }

  /** Whether a message has begun that is not complete. */
  get partial(): boolean {
    return this.#size > 0 || this.#head !== undefined;
  }

  /** Adds a chunk. @throws SipError bad_message where messages cannot be told apart; nothing can be read after that */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return;
    this.#data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    while (this.#takeEmptyLines() && this.#take());
    this.#size = this.#data.length;
    this.#chunks = this.#size > 0 ? [this.#data] : [];
  }

  /** @returns whether there is more to be read */
  #takeEmptyLines(): boolean {
    const length = this.#head || this.#searched > 0 ? 0 : startOfMessage(this.#data);
    if (length >= 2) this.#events.emptyLines(length >= 4);
    this.#data = this.#data.subarray(length);
    this.#wanted = 1;
    return this.#data.length > 0 || this.#head !== undefined;
  }

  /** @returns whether a message was complete */
  #take(): boolean {
    this.#head ??= this.#takeHead();
    if (!this.#head) return false;
    const length = contentLengthOf(this.#head.headers) ?? 0;
    if (this.#data.length < length) {
      this.#wanted = length;
      return false;
    }
    const [head, body] = [this.#head, this.#data.subarray(0, length)];
    this.#head = undefined;
    this.#data = this.#data.subarray(length);
    this.#deliver(head, body);
    return true;
  }

  #takeHead(): SipHead | undefined {
    const from = Math.max(0, this.#searched - emptyLine.length + 1);
    const end = this.#data.subarray(0, maxHeadBytes).indexOf(emptyLine, from);
    if (end < 0) {
      if (this.#data.length >= maxHeadBytes) throw new SipError('bad_message');
      this.#searched = this.#data.length;
      this.#wanted = this.#data.length + 1;
      return undefined;
    }
    const head = parseSipHead(this.#data.toString('utf8', 0, end));
    const length = contentLengthOf(head.headers);
    // without it, nobody knows where the next message begins
    if (length === undefined || head.headers.all('content-length').length > 1) throw new SipError('bad_message');
    if (end + length > maxMessageBytes) throw new SipError('bad_message');
    this.#searched = 0;
    this.#data = this.#data.subarray(end + emptyLine.length);
    return head;
  }

  #deliver(head: SipHead, body: Buffer): void {
    let message: SipMessage;
    try {
      message = wholeMessage(head, body);
    } catch {
      return this.#events.malformed();
    }
    this.#events.message(message);
  }
}
