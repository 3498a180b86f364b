import { once } from 'node:events';
import type { Socket } from 'node:net';
import t from 'tap';
import { EventType, encodeServerMessage } from '../../src/notification/server-message.ts';
import { type Backend, startServerSockets } from './backend.ts';

const { SERVER_NOTIFICATION, METRICS } = EventType;
const rightToken = { case: 'authRequest', value: { token: 'development' } } as const;
const event = encodeServerMessage({ case: 'roomCreated', value: { roomId: 'room' } });

t.test('a client authenticates, then subscribes to each event type', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await connect();
  backend.send(rightToken);
  await backend.received(1);
  t.match(backend.contents, [{ case: 'authenticated' }]);

  sockets.broadcast(event);
  sockets.broadcastMetrics('{}');
  await backend.settle();
  t.equal(backend.frames.length, 1, 'nothing before a subscription');

  backend.send({ case: 'subscribeRequest', value: { eventType: SERVER_NOTIFICATION } });
  await backend.received(2);
  t.match(backend.contents[1], { case: 'subscribeResponse', value: { eventType: SERVER_NOTIFICATION } });
  t.notOk(sockets.hasSubscribers('metrics'));
  sockets.broadcast(event);
  sockets.broadcastMetrics('{}');
  await backend.settle();
  t.match(backend.contents.slice(2), [{ case: 'roomCreated' }]);

  backend.send({ case: 'subscribeRequest', value: { eventType: METRICS } });
  await backend.received(4);
  t.match(backend.contents[3], { case: 'subscribeResponse', value: { eventType: METRICS } });
  t.ok(sockets.hasSubscribers('metrics'));
  sockets.broadcastMetrics('{"a":1}');
  await backend.received(5);
  t.match(backend.contents[4], { case: 'metricsReport', value: { metrics: '{"a":1}' } });
});

t.test('a subscriber of metrics gets no notifications', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await (await connect()).subscribe(METRICS);
  sockets.broadcast(event);
  sockets.broadcastMetrics('{}');
  await backend.settle();
  t.match(backend.contents, [{ case: 'metricsReport' }]);
  t.equal(backend.frames.length, 1);
});

t.test('subscribing again gets another response and does not double the events', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await (await connect()).subscribeToNotifications();
  backend.send({ case: 'subscribeRequest', value: { eventType: SERVER_NOTIFICATION } });
  await backend.received(1);
  t.match(backend.contents, [{ case: 'subscribeResponse' }]);
  sockets.broadcast(event);
  await backend.settle();
  t.equal(backend.frames.length, 2);
});

t.test('the response to a subscription is the next frame, whatever else happens', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await connect();
  backend.send(rightToken);
  await backend.received(1);
  sockets.broadcast(event);
  backend.send({ case: 'subscribeRequest', value: { eventType: SERVER_NOTIFICATION } });
  sockets.broadcast(event);
  await backend.settle();
  sockets.broadcast(event);
  await backend.settle();
  t.strictSame(
    backend.contents.map((content) => content.case),
    ['authenticated', 'subscribeResponse', 'roomCreated'],
  );
});

const operation = { code: 1003, reason: 'operation not allowed' };
const authRequest = { code: 1000, reason: 'invalid auth request' };
const failed = { code: 1011, reason: '' };
const wrong = (token: string) => encodeServerMessage({ case: 'authRequest', value: { token } });
const subscription = (eventType: number) => encodeServerMessage({ case: 'subscribeRequest', value: { eventType } });
const garbage = Buffer.from('ffffffff', 'hex');
const empty = Buffer.alloc(0);
const authenticated = encodeServerMessage({ case: 'authenticated', value: {} });

for (const [name, frame, expected] of [
  ['a wrong token', wrong('developmenT'), { code: 1000, reason: 'invalid token' }],
  ['an empty token', wrong(''), { code: 1000, reason: 'invalid token' }],
  ['a subscription', subscription(1), authRequest],
  ['an event', event, authRequest],
  ['"authenticated"', authenticated, authRequest],
  ['a message without content', empty, authRequest],
  ['an unknown field', Buffer.from('f80701', 'hex'), authRequest],
  ['undecodable bytes', garbage, failed],
  ['a text', 'hello', operation],
  ['the right token as text', Buffer.from(wrong('development')).toString(), operation],
  ['an empty text', '', operation],
  ['64 KiB and a byte', Buffer.alloc(64 * 1024 + 1), { code: 1009, reason: '' }],
] as const) {
  t.test(`instead of the token: ${name}`, async (t) => {
    const backend = await (await startServerSockets(t)).connect();
    backend.socket.send(frame);
    t.strictSame(await backend.closed, expected);
    t.equal(backend.frames.length, 0);
  });
}

for (const [name, frame, expected] of [
  ['the right token again', wrong('development'), operation],
  ['a wrong token', wrong('x'), operation],
  ['an event', event, operation],
  ['a message without content', empty, operation],
  ['a text', 'hello', operation],
  ['a subscription to type 0', subscription(0), failed],
  ['a subscription to an unknown type', subscription(3), failed],
  ['undecodable bytes', garbage, failed],
  ['64 KiB and a byte', Buffer.alloc(64 * 1024 + 1), { code: 1009, reason: '' }],
] as const) {
  t.test(`after the authentication: ${name}`, async (t) => {
    const { connect, sockets } = await startServerSockets(t);
    const backend = await (await connect()).subscribeToNotifications();
    const other = await (await connect()).subscribeToNotifications();
    backend.socket.send(frame);
    t.strictSame(await backend.closed, expected);
    t.equal(backend.frames.length, 0);
    sockets.broadcast(event);
    await other.received(1);
    t.match(other.contents, [{ case: 'roomCreated' }], 'others do not notice');
  });
}

t.test('messages after the close are ignored', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await connect();
  // The client does not answer the close yet, so the server goes on reading.
  backend.socket.pause();
  let count = 0;
  const allCame = new Promise<void>((resolve) => {
    backend.server.on('message', () => ++count === 3 && resolve());
  });
  backend.socket.send(wrong('x'));
  backend.send(rightToken);
  backend.send({ case: 'subscribeRequest', value: { eventType: METRICS } });
  await allCame;
  t.notOk(sockets.hasSubscribers('metrics'));
  backend.socket.resume();
  t.strictSame(await backend.closed, { code: 1000, reason: 'invalid token' });
  t.equal(backend.frames.length, 0);
});

t.test('a websocket protocol error closes that socket only', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backend = await (await connect()).subscribeToNotifications();
  const other = await (await connect()).subscribeToNotifications();
  const { _socket: raw } = backend.socket as unknown as { _socket: Socket };
  raw.write(Buffer.from([0xf2, 0x80, 0, 0, 0, 0]));
  t.equal((await backend.closed).code, 1002);
  sockets.broadcast(event);
  await other.received(1);
});

t.test('pings start after the authentication', async (t) => {
  const { connect, clock } = await startServerSockets(t);
  const backend = await connect();
  const pings: string[] = [];
  backend.socket.on('ping', (payload) => pings.push(String(payload)));
  clock.advance(59_999);
  await backend.settle();
  t.strictSame(pings, []);
  await backend.subscribeToNotifications();
  clock.advance(29_999);
  await backend.settle();
  t.strictSame(pings, []);
  const ping = once(backend.socket, 'ping');
  clock.advance(1);
  await ping;
  t.strictSame(pings, ['']);
});

for (const [name, prepare] of [
  ['never authenticates', async (backend: Backend) => backend],
  ['has authenticated and falls silent', (backend: Backend) => backend.subscribeToNotifications()],
] as const) {
  t.test(`a client that ${name} is closed after 60 s`, async (t) => {
    const { connect, clock, sockets } = await startServerSockets(t);
    const backend = await prepare(await connect());
    // Automatic pongs stay out, as with a client that hangs.
    backend.socket.pause();
    clock.advance(60_000);
    backend.socket.resume();
    t.strictSame(await backend.closed, { code: 1000, reason: '' });
    await sockets.close();
    t.equal(clock.pending, 0);
  });
}
