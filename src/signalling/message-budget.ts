import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';

/** Window in which a client's messages are counted, in ms. */
const window = 50;
/** Maximum number of messages of one client in a window. */
const maxMessages = 500;
/** Maximum number of bytes of one client in a window. */
const maxBytes = 2_000_000;

/**
 * Rate limit of one client: beyond its budget its socket is not read until the next window. It is not disconnected, because
 * a regular legacy client may repeat an event tens of thousands of times.
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
