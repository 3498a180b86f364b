import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForwardedClient } from './edge-message.ts';

/** Longest first line, in bytes. */
const maxLine = 1024;

/** Connections of edges for their clients, on a local socket in a folder that only this user can enter. */
export class ForwardedConnections {
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  readonly #onConnection: (socket: Socket) => void;
  #closing: Promise<void> | undefined;

  private constructor(folder: string, onConnection: (socket: Socket) => void) {
    this.#folder = folder;
    this.#onConnection = onConnection;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#open(socket));
  }

  /** @param onConnection gets each connection as if the client had opened it: with its address, at the beginning of a request */
  static async listen(onConnection: (socket: Socket) => void): Promise<ForwardedConnections> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-edges-'));
    const connections = new ForwardedConnections(folder, onConnection);
    try {
      await once(connections.#server.listen(connections.path), 'listening');
      return connections;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get path(): string {
    return join(this.#folder, 'server');
  }

  /** Whether a connection is one of them. */
  has(socket: Socket): boolean {
    return this.#sockets.has(socket);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #open(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let line = Buffer.alloc(0);
    const take = (bytes: Buffer) => {
      line = Buffer.concat([line, bytes]);
      const end = line.indexOf('\n');
      if (end < 0) return void (line.length > maxLine && socket.destroy());
      socket.off('data', take);
      socket.pause();
      socket.unshift(line.subarray(end + 1));
      const { address, port }: ForwardedClient = JSON.parse(line.toString('utf8', 0, end));
      Object.defineProperties(socket, { remoteAddress: { value: address }, remotePort: { value: port } });
      this.#onConnection(socket);
      socket.resume();
    };
    socket.on('data', take);
  }
}
