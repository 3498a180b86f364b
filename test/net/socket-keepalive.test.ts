import { once } from 'node:events';
import t from 'tap';
import { SocketKeepalive } from '../../src/net/socket-keepalive.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { closeOf, connectSocketPair } from './socket-pair.ts';

t.test('a client is pinged every 30 s with an empty payload, first 30 s after its authentication', async (t) => {
  const { server, client } = await connectSocketPair(t);
  const clock = new HeldClock();
  const pings: string[] = [];
  client.on('ping', (payload) => pings.push(String(payload)));
  const keepalive = new SocketKeepalive(server, clock);

  clock.advance(40_000);
  keepalive.authenticated();
  clock.advance(19_999);
  client.ping();
  await once(server, 'ping');
  t.equal(pings.length, 0, 'none before');

  for (const beat of [1, 2, 3]) {
    const answered = once(server, 'pong');
    clock.advance(beat === 1 ? 10_001 : 30_000);
    await answered;
    t.strictSame(pings, Array(beat).fill(''));
  }
});

t.test('authenticating twice does not double the pings', async (t) => {
  const { server, client } = await connectSocketPair(t);
  const clock = new HeldClock();
  let pings = 0;
  client.on('ping', () => pings++);
  const keepalive = new SocketKeepalive(server, clock);
  keepalive.authenticated();
  keepalive.authenticated();
  clock.advance(30_000);
  server.send('after');
  await once(client, 'message');
  t.equal(pings, 1);
});

t.test('a client that sends nothing is closed after 60 s', async (t) => {
  const { server, client } = await connectSocketPair(t);
  const clock = new HeldClock();
  new SocketKeepalive(server, clock);
  clock.advance(59_999);
  t.equal(server.readyState, server.OPEN);
  const closed = closeOf(client);
  clock.advance(1);
  t.strictSame(await closed, { code: 1000, reason: '' });
  t.equal(clock.pending, 0);
});

t.test('a client whose frames are not read for a while is not taken for one that sends nothing', async (t) => {
  const { server, client } = await connectSocketPair(t);
  const clock = new HeldClock();
  new SocketKeepalive(server, clock);
  server.pause();
  clock.advance(60_000);
  t.equal(server.readyState, server.OPEN);
  server.resume();
  const closed = closeOf(client);
  clock.advance(60_000);
  t.strictSame(await closed, { code: 1000, reason: '' });
});

t.test('an authenticated client that does not respond to pings is closed', async (t) => {
  const { server, client } = await connectSocketPair(t);
  client.pause();
  const clock = new HeldClock();
  new SocketKeepalive(server, clock).authenticated();
  clock.advance(60_000);
  t.equal(server.readyState, server.CLOSING);
  client.resume();
  t.strictSame(await closeOf(client), { code: 1000, reason: '' });
});

for (const [frame, send] of [
  ['message', (socket: import('ws').WebSocket) => socket.send(Buffer.from([0]))],
  ['ping', (socket: import('ws').WebSocket) => socket.ping()],
  ['pong', (socket: import('ws').WebSocket) => socket.pong()],
] as const) {
  t.test(`a ${frame} restarts the 60 s`, async (t) => {
    const { server, client } = await connectSocketPair(t);
    const clock = new HeldClock();
    new SocketKeepalive(server, clock);
    clock.advance(59_999);
    send(client);
    await once(server, frame);
    clock.advance(59_999);
    t.equal(server.readyState, server.OPEN);
    clock.advance(1);
    t.equal(server.readyState, server.CLOSING);
  });
}

t.test('no timer is left when the socket closes or the keepalive is closed', async (t) => {
  const clock = new HeldClock();
  const { server, client } = await connectSocketPair(t);
  new SocketKeepalive(server, clock).authenticated();
  t.equal(clock.pending, 2);
  client.close();
  await once(server, 'close');
  t.equal(clock.pending, 0);

  const other = await connectSocketPair(t);
  const keepalive = new SocketKeepalive(other.server, clock);
  keepalive.close();
  keepalive.close();
  keepalive.authenticated();
  t.equal(clock.pending, 0);
  t.equal(other.server.readyState, other.server.OPEN, 'the socket itself stays');
});
