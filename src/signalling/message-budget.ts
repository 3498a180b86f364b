import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';

/** Milliseconds over which a client's messages are counted. */
const window = 50;
/** Messages that one client may send in a window. */
const maxMessages = 500;
/** Bytes that one client may send in a window. */
const maxBytes = 2_000_000;

/**
 * Keeps a flooding client from starving the others: past its budget its socket is not read until the next window. Nobody is
 * disconnected for it, because a legacy client repeats itself tens of thousands of times without meaning any harm.
 */
export class MessageBudget {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #messages = 0;
  #bytes = 0;
  #cancel: (() => void) | undefined;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.once('close', () => this.#cancel?.());
  }

  spend(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
    this.#cancel ??= this.#clock.schedule(window, () => this.#renew());
    if (this.#messages > maxMessages || this.#bytes > maxBytes) this.#socket.pause();
  }

  #renew(): void {
    this.#cancel = undefined;
    this.#messages = 0;
    this.#bytes = 0;
    this.#socket.resume();
  }
}
