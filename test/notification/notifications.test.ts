import t from 'tap';
import { Notifications } from '../../src/notification/notifications.ts';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import type { RoomEvent } from '../../src/room/room-event.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
import { Receiver } from '../net/receiver.ts';
import { silent, startServerSockets } from './backend.ts';
import { roomEventSamples } from './room-event-samples.ts';
import { bodiesOf, createWebhooks } from './webhook-harness.ts';

t.test('every room event reaches server sockets and webhook as the same bytes', async (t) => {
  const events = new RoomEvents();
  const { sockets, connect } = await startServerSockets(t);
  const { webhooks } = createWebhooks(t);
  const notifications = new Notifications({ events, sockets, webhooks, logger: silent });
  const backend = await (await connect()).subscribeToNotifications();
  const receiver = await Receiver.start(t);

  const samples = roomEventSamples.filter(([{ type }]) => !/^room|^hlsUpload/.test(type));
  events.emit({ type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url });
  for (const [event] of samples) events.emit(event);
  const frames = (await backend.received(samples.length + 1)).map((frame) => frame.toString('hex'));
  await receiver.received(samples.length + 1);
  t.strictSame(
    frames.slice(1),
    samples.map(([, bytes]) => bytes.replaceAll(' ', '')),
  );
  t.strictSame(bodiesOf(receiver), frames);

  notifications.close();
  notifications.close();
  events.emit({ type: 'roomDeleted', roomId: 'room' });
  await backend.settle();
  t.equal(backend.frames.length, frames.length);
});

t.test('an event that cannot be encoded does not harm the room', async (t) => {
  const events = new RoomEvents();
  const { sockets, connect } = await startServerSockets(t);
  const { webhooks } = createWebhooks(t);
  new Notifications({ events, sockets, webhooks, logger: silent });
  const backend = await (await connect()).subscribeToNotifications();
  const metadata: Record<string, unknown> = {};
  metadata.self = metadata;
  events.emit({ type: 'peerMetadataUpdated', roomId: 'room', peerId: 'peer', metadata } as RoomEvent);
  events.emit({ type: 'roomDeleted', roomId: 'room' });
  await backend.received(1);
  t.match(backend.contents, [{ case: 'roomDeleted' }]);
});

t.test('output events go to their subscribers only', async (t) => {
  const events = new RoomEvents();
  const { sockets, connect } = await startServerSockets(t);
  const { webhooks } = createWebhooks(t);
  new Notifications({ events, sockets, webhooks, logger: silent });
  const old = await (await connect()).subscribe(EventType.SERVER_NOTIFICATION, EventType.METRICS);
  const asking = await (await connect()).subscribe(EventType.OUTPUT);
  const receiver = await Receiver.start(t);
  const output = { type: 'outputChanged', roomId: 'room', outputId: 'o', outputType: 'rtmp' } as const;
  events.emit({ type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url });
  events.emit({ ...output, state: 'running', error: null, notify: false });
  events.emit({ ...output, state: 'failed', error: 'why', notify: true });
  events.emit({ type: 'roomDeleted', roomId: 'room' });
  await Promise.all([old.received(2), asking.received(2), receiver.received(3)]);
  const value = { roomId: 'room', outputId: 'o', type: 'rtmp' };
  const failed = { case: 'outputChanged', value: { ...value, state: 'failed', error: 'why' } };
  t.match(asking.contents, [{ case: 'outputChanged', value: { ...value, state: 'running', error: '' } }, failed]);
  t.strictSame(
    old.contents.map(({ case: name }) => name),
    ['roomCreated', 'roomDeleted'],
  );
  const hooks = receiver.requests.map(({ body }) => decodeServerMessage(body).content);
  t.match(hooks, [{ case: 'roomCreated' }, failed, { case: 'roomDeleted' }]);
});

t.test('calls and keys go to those who subscribed to SIP, and with notify to the webhook', async (t) => {
  const events = new RoomEvents();
  const { sockets, connect } = await startServerSockets(t);
  const { webhooks } = createWebhooks(t);
  new Notifications({ events, sockets, webhooks, logger: silent });
  const old = await (await connect()).subscribe(EventType.SERVER_NOTIFICATION, EventType.OUTPUT);
  const asking = await (await connect()).subscribe(EventType.SIP);
  const receiver = await Receiver.start(t);
  const ids = { roomId: 'room', componentId: 'c', callId: 'x' };
  const call = { type: 'callChanged', ...ids, direction: 'outgoing', party: '123' } as const;
  events.emit({ type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url });
  events.emit({ ...call, state: 'ringing', reason: null, status: null, notify: false });
  events.emit({ type: 'dtmfReceived', ...ids, digit: '#', notify: true });
  events.emit({ ...call, state: 'ended', reason: 'busy', status: 486, notify: true });
  events.emit({ type: 'roomDeleted', roomId: 'room' });
  await Promise.all([old.received(2), asking.received(3), receiver.received(4)]);
  const value = { ...ids, direction: 'outgoing', party: '123' };
  const key = { case: 'dtmfReceived', value: { ...ids, digit: '#' } };
  const ended = { case: 'callChanged', value: { ...value, state: 'ended', reason: 'busy', status: 486 } };
  const ringing = { case: 'callChanged', value: { ...value, state: 'ringing', reason: '', status: 0 } };
  t.match(asking.contents, [ringing, key, ended]);
  t.strictSame(
    old.contents.map(({ case: name }) => name),
    ['roomCreated', 'roomDeleted'],
  );
  const hooks = receiver.requests.map(({ body }) => decodeServerMessage(body).content);
  t.match(hooks, [{ case: 'roomCreated' }, key, ended, { case: 'roomDeleted' }]);
});
