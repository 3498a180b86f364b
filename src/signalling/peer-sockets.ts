import type { WebSocket } from 'ws';
import { PeerSocket, type PeerSocketOptions } from './peer-socket.ts';

/** Time for clients to respond to a close frame before they are cut off, in ms. */
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

  /** Closes the sockets that rooms have not closed already. Resolves when every connection is gone. Idempotent. */
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
