import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A network between clients and the server that a test can break. */
export class CuttableProxy {
  readonly #server = createServer((client) => this.#join(client));
  readonly #port: number;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#port = port;
  }

  /** @param port of the server on 127.0.0.1 */
  static async start(t: Test, port: number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(port);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => {
      proxy.cut();
      proxy.#server.close();
    });
    return proxy;
  }

  /** `host:port` for clients. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection, without a word to either side; new ones are let through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket): void {
    const server = connect(this.#port, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
