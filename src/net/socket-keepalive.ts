import type { WebSocket } from 'ws';
import { type Clock, systemClock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';

/** Time between two pings, and from the authentication to the first one, in ms. */
const pingInterval = 30_000;
/** Time without any frame from the client after which the socket is closed, in ms. */
const idleLimit = 60_000;

/**
 * Pings an authenticated client and closes its socket (1000, no reason) when nothing has come from it for the idle limit, which
 * also holds for a client that does not authenticate. A client whose socket is paused may have sent something. docs/contracts/fishjam-sockets.md 1.
 */
export class SocketKeepalive {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #pings: Interval | undefined;
  #cancelIdle: (() => void) | undefined;
  #closed = false;

  constructor(socket: WebSocket, clock: Clock = systemClock) {
    this.#socket = socket;
    this.#clock = clock;
    for (const frame of ['message', 'ping', 'pong'] as const) socket.on(frame, this.#heard);
    socket.once('close', () => this.close());
    this.#heard();
  }

  /** Starts the pings; the first one is sent after one interval. */
  authenticated(): void {
    if (!this.#closed) this.#pings ??= new Interval(this.#clock, pingInterval, () => this.#socket.ping());
  }

  /** Ends the timers and leaves the socket open. Called by itself when the socket closes. Idempotent. */
  close(): void {
    this.#closed = true;
    void this.#pings?.close();
    this.#cancelIdle?.();
    for (const frame of ['message', 'ping', 'pong'] as const) this.#socket.off(frame, this.#heard);
  }

  /** Restarts the idle timer. The wall clock is not used, as it may jump. */
  readonly #heard = (): void => {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.schedule(idleLimit, () => {
      if (this.#socket.isPaused) return this.#heard();
      this.close();
      this.#socket.close(1000);
    });
  };
}
