import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { openConnection } from '../../src/net/open-connection.ts';
import { HeldClock } from '../clock/held-clock.ts';

/** A server that accepts connections and says nothing. */
async function openServer(t: Test): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function options(given: { guard?: AddressGuard; clock?: HeldClock; signal?: AbortSignal } = {}) {
  const { guard = new AddressGuard(), clock = new HeldClock(), signal = new AbortController().signal } = given;
  return { guard, clock, signal, timeout: 5000 };
}

t.test('a connection is opened to an address or a name', async (t) => {
  const port = await openServer(t);
  for (const host of ['127.0.0.1', 'localhost']) {
    const clock = new HeldClock();
    const socket = await openConnection({ host, port }, options({ clock }));
    t.equal(socket.remotePort, port);
    t.equal(clock.pending, 0, 'no timer is left');
    socket.destroy();
  }
});

t.test('an address that is not permitted is not tried, whatever name it has', async (t) => {
  const port = await openServer(t);
  const guard = new AddressGuard({ deny: ['127.0.0.0/8', '::1/128'] });
  for (const host of ['127.0.0.1', 'localhost']) {
    await t.rejects(openConnection({ host, port }, options({ guard })), { code: 'refusedAddress' }, host);
  }
});

t.test('a handshake that takes too long, or that nobody waits for any more, ends', async (t) => {
  const port = await openServer(t);
  const target = { host: '127.0.0.1', port, tls: { verify: true } };
  const clock = new HeldClock();
  const late = t.rejects(openConnection(target, options({ clock })), { code: 'connectTimeout' });
  clock.advance(5000);
  await late;
  const abort = new AbortController();
  const aborted = t.rejects(openConnection(target, options({ signal: abort.signal })), { code: 'aborted' });
  abort.abort();
  await aborted;
});

t.test('a port without a server is unreachable', async (t) => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await t.rejects(openConnection({ host: '127.0.0.1', port }, options()), {
    code: 'unreachable',
    reason: 'ECONNREFUSED',
  });
});
