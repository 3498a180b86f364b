import type { WebSocket } from 'ws';
import { PeerSocket, type PeerSocketOptions } from './peer-socket.ts';

/** Milliseconds that clients get to answer a close before their connection is cut. */
const closeGrace = 500;

/** All peer sockets of the server. */
export class PeerSockets {
  readonly #options: PeerSocketOptions;
  readonly #sockets = new Set<WebSocket>();

  constructor(options: PeerSocketOptions) {
    this.#options = options;
  }

  accept(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    new PeerSocket(socket, this.#options);
  }

  /** Closes those that rooms have not closed already; resolves when every connection is gone. Idempotent. */
  async close(): Promise<void> {
    const open = [...this.#sockets];
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    const cut = setTimeout(() => {
      for (const socket of open) socket.terminate();
    }, closeGrace);
    for (const socket of open) socket.close(1001);
    await Promise.all(closed);
    clearTimeout(cut);
  }
}
