import type { WebSocket } from 'ws';
import { type Clock, systemClock } from '../clock/clock.ts';

export interface KeepaliveOptions {
  readonly clock?: Clock;
  /** Time between two pings, and from the authentication to the first one, in ms. Default 30 000. */
  readonly pingInterval?: number;
  /** Time without any frame from the client after which the socket is closed, in ms. Default 60 000. */
  readonly idleLimit?: number;
}

/**
 * Pings an authenticated client and closes its socket (1000, no reason) when nothing has come from it for the idle limit, which
 * also holds for a client that does not authenticate. docs/contracts/fishjam-sockets.md 1.
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

  /** Starts the pings; the first one is sent after one interval. */
  authenticated(): void {
    if (this.#closed || this.#cancelPing) return;
    this.#cancelPing = this.#clock.schedule(this.#pingInterval, () => {
      this.#cancelPing = undefined;
      this.#socket.ping();
      this.authenticated();
    });
  }

  /** Ends the timers and leaves the socket open. Called by itself when the socket closes. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelPing?.();
    this.#cancelIdle?.();
    for (const frame of ['message', 'ping', 'pong'] as const) this.#socket.off(frame, this.#heard);
  }

  /** Restarts the idle timer. The wall clock is not used, as it may jump. */
  readonly #heard = (): void => {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#clock.schedule(this.#idleLimit, () => {
      this.close();
      this.#socket.close(1000);
    });
  };
}
