import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { Test } from 'tap';
import type { Hop } from '../../../src/component/sip/transport/hop.ts';

export interface TcpRelay {
  readonly hop: Hop;
  /** All connections that it has taken. */
  readonly connections: readonly Socket[];
  /** As a network does that forgets its connections. */
  breakAll(): void;
  /** No new connections. Idempotent. */
  close(): void;
}

/** Passes connections on to a port of this machine. */
export async function openTcpRelay(t: Pick<Test, 'teardown'>, target: number): Promise<TcpRelay> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    pipeline(socket, connect(target, '127.0.0.1'), socket, () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const relay: TcpRelay = {
    hop: { protocol: 'tcp', address: '127.0.0.1', port },
    connections,
    breakAll: () => {
      for (const socket of connections) socket.destroy();
    },
    close: () => void server.close(),
  };
  t.teardown(() => {
    relay.breakAll();
    relay.close();
  });
  return relay;
}
