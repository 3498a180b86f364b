import type { WebSocket } from 'ws';
import { type Clock, systemClock } from '../clock/clock.ts';

export interface KeepaliveOptions {
  readonly clock?: Clock;
  /** Between two pings, and from the authentication to the first one, in ms. */
  readonly pingInterval?: number;
  /** Without any frame from the client for this long, the socket is closed, in ms. */
  readonly idleLimit?: number;
}

/**
 * Pings an authenticated client and closes the socket (1000, no reason) of one that has fallen silent. The idle limit
 * is also the only limit for a client that never authenticates. fishjam-sockets 1.
 */
export class SocketKeepalive {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #pingInterval: number;
  readonly #idleLimit: number;
  #cancelPing: (() => void) | undefined;
  #cancelIdle: (() => void) | undefined;
  #closed = false;

  constructor(socket: WebSocket, options: KeepaliveOptions = {}) {
    this.#socket = socket;
    this.#clock = options.clock ?? systemClock;
    this.#pingInterval = options.pingInterval ?? 30_000;
    this.#idleLimit = options.idleLimit ?? 60_000;
    for (const frame of ['message', 'ping', 'pong'] as const) socket.on(frame, this.#heard);
    socket.once('close', () => this.close());
    this.#heard();
  }

  /** Starts the pings; the first one goes out after one interval. */
  authenticated(): void {
    if (this.#closed || this.#cancelPing) return;
    this.#cancelPing = this.#clock.schedule(this.#pingInterval, () => {
      this.#cancelPing = undefined;
      this.#socket.ping();
      this.authenticated();
    });
  }

  /** Ends the timers and leaves the socket as it is. Happens by itself when the socket closes. */
  close(): void {
    this.#closed = true;
    this.#cancelPing?.();
    this.#cancelIdle?.();
    for (const frame of ['message', 'ping', 'pong'] as const) this.#socket.off(frame, this.#heard);
  }

  /** A fresh timer instead of a look at the wall clock, which may jump. */
  readonly #heard = (): void => {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.schedule(this.#idleLimit, () => {
      this.close();
      this.#socket.close(1000);
    });
  };
}
