import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Free ports on the loopback address for one TURN server: below the range that the system hands out by itself. */
export interface TurnPorts {
  readonly udpPort: number;
  readonly tcpPort: number;
  readonly tlsPort: number;
  readonly relayPorts: { readonly min: number; readonly max: number };
}

export async function findTurnPorts(): Promise<TurnPorts> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 12_000 + Math.floor(Math.random() * 15_000);
    const free = await Promise.all([isFreeUdp(base), isFreeTcp(base), isFreeTcp(base + 1), isFreeTcp(base + 2)]);
    if (!free.every(Boolean)) continue;
    return { udpPort: base, tcpPort: base + 1, tlsPort: base + 2, relayPorts: { min: base + 10, max: base + 49 } };
  }
  throw new Error('no free ports');
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

async function isFreeTcp(port: number): Promise<boolean> {
  const server = createServer();
  const bound = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  const free = await bound;
  server.close();
  return free;
}
