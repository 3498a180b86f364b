import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../../clock/clock.ts';
import { MessageStream } from '../message/message-stream.ts';
import type { SipMessage } from '../message/sip-message.ts';
import { SipError } from '../sip-error.ts';
import type { Hop } from './hop.ts';

export interface StreamConnectionEvents {
  message: [SipMessage];
  /** Something that is no message was received. */
  malformed: [];
  /** Once. */
  closed: [];
}

export interface StreamConnectionOptions {
  /** The other end. */
  readonly hop: Hop;
  readonly clock: Clock;
  /** Whether the other end opened it. */
  readonly incoming: boolean;
}

/** Maximum time from the first byte of a message to its last, in ms. */
const maxMessageTime = 10_000;
/** Time within which the first message must come on a connection that was opened to us, in ms. */
const maxSilence = 30_000;
/** The same after that, in ms. The other end, such as a registrar, opens another one when it needs it. */
const maxIncomingIdle = 600_000;
/** Time without a message after which a connection that we opened is not used any more, in ms: a registration is refreshed within 45 s. */
const maxOutgoingIdle = 3_600_000;
/** Interval of our signs of life, in ms: routers forget a connection after some minutes. */
const pingInterval = 25_000;
/** RFC 5626 section 4.4.1, in ms. */
const maxPongDelay = 10_000;
/** Maximum number of unsent bytes; beyond it the other end does not read. */
const maxUnsentBytes = 256 * 1024;
const [ping, pong] = ['\r\n\r\n', '\r\n'];

/** One TCP or TLS connection that carries messages. */
export class StreamConnection {
  readonly observer = new EventEmitter<StreamConnectionEvents>();
  readonly hop: Hop;
  readonly incoming: boolean;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #stream: MessageStream;
  readonly #ended: Promise<void>;
  /** Times of {@link Clock.monotonic}. */
  #lastData: number;
  #lastMessage: number;
  #lastSent: number;
  #messageStart: number | undefined;
  #pinged: number | undefined;
  /** Whether the other end has ever answered a ping: then it must answer each. */
  #pongs = false;
  #messages = 0;
  #closed = false;

  /** @param socket connected, with a listener for errors */
  constructor(socket: Socket, { hop, clock, incoming }: StreamConnectionOptions) {
    this.hop = hop;
    this.incoming = incoming;
    this.#socket = socket;
    this.#clock = clock;
    this.#lastData = this.#lastMessage = this.#lastSent = clock.monotonic();
    this.#stream = new MessageStream({
      message: (message) => this.#onMessage(message),
      malformed: () => this.observer.emit('malformed'),
      emptyLines: (asked) => this.#onEmptyLines(asked),
    });
    this.#ended = socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('close', () => this.#close());
  }

  /** The time of the last message, or of the opening if there was none. */
  get lastMessage(): number {
    return this.#lastMessage;
  }

  /** Whether a message has come. */
  get heard(): boolean {
    return this.#messages > 0;
  }

  get closed(): boolean {
    return this.#closed || this.#socket.destroyed;
  }

  /** @throws SipError unreachable when the connection is closed, or the other end does not read */
  send(data: Buffer): void {
    if (this.closed) throw new SipError('unreachable');
    this.#lastMessage = this.#clock.monotonic();
    this.#write(data);
    if (this.#closed) throw new SipError('unreachable');
  }

  /** Closes the connection if it is idle or broken, and sends a sign of life when it is time. To be called every few seconds. */
  check(): void {
    const now = this.#clock.monotonic();
    const slow = this.#messageStart !== undefined && now - this.#messageStart > maxMessageTime;
    const dead = this.#pongs && this.#pinged !== undefined && now - this.#pinged > maxPongDelay;
    if (slow || dead || this.#idle(now)) return this.#close();
    if (this.incoming || now - this.#lastSent < pingInterval) return;
    this.#write(ping);
    this.#pinged ??= now;
  }

  /** Resolves when the socket is closed. Idempotent. */
  async close(): Promise<void> {
    this.#close();
    await this.#ended;
  }

  #idle(now: number): boolean {
    if (!this.incoming) return now - this.#lastMessage > maxOutgoingIdle;
    return now - this.#lastData > (this.heard ? maxIncomingIdle : maxSilence);
  }

  #onData(chunk: Buffer): void {
    if (this.#closed) return;
    this.#lastData = this.#clock.monotonic();
    this.#pinged = undefined;
    const messages = this.#messages;
    try {
      this.#stream.push(chunk);
    } catch (error) {
      if (!(error instanceof SipError)) throw error;
      this.observer.emit('malformed');
      return this.#close();
    }
    if (!this.#stream.partial) this.#messageStart = undefined;
    else if (this.#messages !== messages) this.#messageStart = this.#lastData;
    else this.#messageStart ??= this.#lastData;
  }

  #onMessage(message: SipMessage): void {
    // of a chunk whose first message made us close it
    if (this.#closed) return;
    this.#messages += 1;
    this.#lastMessage = this.#lastData;
    this.observer.emit('message', message);
  }

  #onEmptyLines(asked: boolean): void {
    if (asked) this.#write(pong);
    else this.#pongs = true;
  }

  #write(data: string | Buffer): void {
    if (this.#closed) return;
    this.#lastSent = this.#clock.monotonic();
    this.#socket.write(data);
    if (this.#socket.writableLength > maxUnsentBytes) this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.observer.emit('closed');
  }
}
