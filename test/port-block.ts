import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Test } from 'tap';

/** Ports per block; the last one is only the mark that the block is taken. */
const size = 400;
/**
 * Blocks lie below the ports that the system hands out by itself, so that no outgoing connection takes one of them, and above those from
 * which RTSP components look for free ones.
 */
const first = 21_100;
const blocks = 29;

export interface TurnPorts {
  readonly udpPort: number;
  readonly tcpPort: number;
  readonly tlsPort: number;
  readonly relayPorts: { readonly min: number; readonly max: number };
}

/**
 * Ports on 127.0.0.1 that nobody else uses while the test runs, in this process or in another: whoever takes a block listens on
 * its last port.
 */
export class PortBlock {
  readonly min: number;
  /** The last that may be used. */
  readonly max: number;

  private constructor(min: number) {
    this.min = min;
    this.max = min + size - 2;
  }

  static async claim(t: Pick<Test, 'teardown'>): Promise<PortBlock> {
    for (let block = 0; block < blocks; block += 1) {
      const min = first + block * size;
      const mark = await listen(min + size - 1);
      if (!mark) continue;
      const used = [min, min + 1, min + 2, min + size - 3, min + size - 2];
      const free = await Promise.all(used.map(async (port) => (await isFreeUdp(port)) && (await isFreeTcp(port))));
      if (!free.every(Boolean)) {
        mark.close();
        continue;
      }
      t.teardown(() => mark.close());
      return new PortBlock(min);
    }
    throw new Error('Every block of ports is in use.');
  }

  get range(): string {
    return `${this.min}-${this.max}`;
  }

  /** What a TURN server needs. */
  get turn(): TurnPorts {
    const { min } = this;
    return { udpPort: min, tcpPort: min + 1, tlsPort: min + 2, relayPorts: { min: min + 10, max: min + 49 } };
  }
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  return await once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}

async function isFreeTcp(port: number): Promise<boolean> {
  const server = await listen(port);
  server?.close();
  return server !== undefined;
}

async function isFreeUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const bound = once(socket, 'listening').then(
    () => true,
    () => false,
  );
  socket.bind(port, '127.0.0.1');
  const free = await bound;
  socket.close();
  return free;
}
