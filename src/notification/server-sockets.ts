import type { WebSocket } from 'ws';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { encodeServerMessage } from './server-message.ts';
import { ServerSocket, type ServerSocketOptions, type Topic } from './server-socket.ts';

export interface ServerSocketsOptions extends ServerSocketOptions {
  readonly logger: Logger;
}

/** Time for clients to respond to the close frame when the server stops, in ms. */
const closeTimeout = 1000;

/** The server websockets of all backends. */
export class ServerSockets {
  readonly #options: ServerSocketsOptions;
  readonly #clock: Clock;
  readonly #sockets = new Map<ServerSocket, Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(options: ServerSocketsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get size(): number {
    return this.#sockets.size;
  }

  hasSubscribers(topic: Topic): boolean {
    return [...this.#sockets.keys()].some((socket) => socket.isSubscribedTo(topic));
  }

  /** Takes over a websocket that has just been opened. */
  accept(webSocket: WebSocket): void {
    if (this.#closing) return webSocket.terminate();
    const socket = new ServerSocket(webSocket, this.#options);
    const closed = new Promise<void>((resolve) => {
      webSocket.once('close', () => {
        this.#sockets.delete(socket);
        resolve();
      });
    });
    this.#sockets.set(socket, closed);
  }

  /** Sends to sockets that subscribed to a topic. @param message an encoded room event */
  broadcast(message: Uint8Array, topic: Exclude<Topic, 'metrics'> = 'notifications'): void {
    this.#send(topic, message);
  }

  /** Sends to sockets that subscribed to metrics. @param metrics the report as JSON text */
  broadcastMetrics(metrics: string): void {
    if (!this.hasSubscribers('metrics')) return;
    this.#send('metrics', encodeServerMessage({ case: 'metricsReport', value: { metrics } }));
  }

  /** Closes all sockets and waits until they are gone; new ones are cut off. Idempotent. */
  async close(code = 1001, reason = ''): Promise<void> {
    this.#closing ??= this.#close(code, reason);
    await this.#closing;
  }

  async #close(code: number, reason: string): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.close(code, reason);
    const cancel = this.#clock.schedule(closeTimeout, () => {
      for (const socket of this.#sockets.keys()) socket.terminate();
    });
    await Promise.all(this.#sockets.values());
    cancel();
  }

  #send(subscription: Topic, message: Uint8Array): void {
    for (const socket of this.#sockets.keys()) {
      if (!socket.isSubscribedTo(subscription) || socket.send(message)) continue;
      this.#options.logger.warn({ subscription }, 'A server websocket was cut off: it has too much unread data');
    }
  }
}
