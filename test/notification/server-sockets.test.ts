import { once } from 'node:events';
import t from 'tap';
import { EventType, encodeServerMessage } from '../../src/notification/server-message.ts';
import { type Backend, startServerSockets } from './backend.ts';

const event = (roomId: string) => encodeServerMessage({ case: 'roomCreated', value: { roomId } });

t.test('every subscriber gets the same bytes of every event, in order', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  const backends: Backend[] = [];
  for (let count = 0; count < 3; count++) backends.push(await (await connect()).subscribeToNotifications());
  const sent = Array.from({ length: 200 }, (_, index) => event(`room-${index}`));
  for (const message of sent) sockets.broadcast(message);
  for (const backend of backends) {
    const frames = await backend.received(sent.length);
    t.strictSame(
      frames.map((frame) => frame.toString('hex')),
      sent.map((message) => Buffer.from(message).toString('hex')),
    );
  }
});

t.test('earlier events are not replayed', async (t) => {
  const { connect, sockets } = await startServerSockets(t);
  sockets.broadcast(event('before'));
  const backend = await (await connect()).subscribeToNotifications();
  sockets.broadcast(event('after'));
  await backend.settle();
  t.match(backend.contents, [{ case: 'roomCreated', value: { roomId: 'after' } }]);
  t.equal(backend.frames.length, 1);
});

t.test('a subscriber that does not read is cut off; the others get everything', async (t) => {
  const { connect, sockets } = await startServerSockets(t, { maxBufferedBytes: 64 * 1024 });
  const reading = await (await connect()).subscribeToNotifications();
  const asleep = await (await connect()).subscribeToNotifications();
  asleep.socket.pause();
  t.equal(sockets.size, 2);
  const large = event('x'.repeat(512 * 1024));
  for (let sent = 1; sockets.size === 2 && sent <= 100; sent++) {
    sockets.broadcast(large);
    await reading.received(sent);
  }
  t.equal(sockets.size, 1, 'cut off within 50 MiB');
  reading.frames.length = 0;
  sockets.broadcast(event('next'));
  await reading.received(1);
  t.match(reading.contents, [{ case: 'roomCreated', value: { roomId: 'next' } }]);
  asleep.socket.resume();
  t.equal((await asleep.closed).code, 1006);
});

t.test('a subscriber that leaves is removed', async (t) => {
  const { connect, sockets, clock } = await startServerSockets(t);
  const backend = await (await connect()).subscribe(EventType.METRICS);
  t.ok(sockets.hasSubscribers('metrics'));
  backend.socket.terminate();
  await once(backend.server, 'close');
  t.equal(sockets.size, 0);
  t.notOk(sockets.hasSubscribers('metrics'));
  t.equal(clock.pending, 0);
});

t.test('closing closes all sockets with 1001, authenticated or not, and refuses new ones', async (t) => {
  const { connect, sockets, clock } = await startServerSockets(t);
  const subscribed = await (await connect()).subscribeToNotifications();
  const stranger = await connect();
  await Promise.all([sockets.close(), sockets.close()]);
  t.strictSame(await subscribed.closed, { code: 1001, reason: '' });
  t.strictSame(await stranger.closed, { code: 1001, reason: '' });
  t.equal(sockets.size, 0);
  t.equal(clock.pending, 0);
  t.equal((await (await connect()).closed).code, 1006);
  await sockets.close();
});

t.test('a client that does not respond to the close is cut off', async (t) => {
  const { connect, sockets, clock } = await startServerSockets(t);
  const backend = await (await connect()).subscribeToNotifications();
  backend.socket.pause();
  const closing = sockets.close();
  clock.advance(1000);
  await closing;
  t.equal(sockets.size, 0);
  t.equal(clock.pending, 0);
  backend.socket.resume();
  await backend.closed;
});
