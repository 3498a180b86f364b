import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { Receiver } from '../net/receiver.ts';
import { roomEventSamples } from './room-event-samples.ts';
import { bodiesOf, bytesOf, createWebhooks, roomEvents } from './webhook-harness.ts';

const fail = (response: ServerResponse) => response.writeHead(500).end();

t.test('every kind of event of a room goes to its receiver, as an encoded ServerMessage', async (t) => {
  const receiver = await Receiver.start(t);
  const { emit } = createWebhooks(t);
  emit({ type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url });
  const samples = roomEventSamples.filter(([{ type }]) => !/^room|^hlsUpload/.test(type));
  for (const [event] of samples) emit(event);
  await receiver.received(samples.length + 1);
  t.strictSame(
    bodiesOf(receiver).slice(1),
    samples.map(([, bytes]) => bytes.replaceAll(' ', '')),
  );
});

t.test('rooms without a URL, and unknown ones, send nothing', async (t) => {
  const { emit, webhooks } = createWebhooks(t);
  emit({ type: 'roomCreated', roomId: 'quiet', webhookUrl: null });
  emit({ type: 'peerAdded', roomId: 'quiet', peerId: 'peer' });
  emit({ type: 'peerAdded', roomId: 'unknown', peerId: 'peer' });
  t.equal(webhooks.waiting, 0);
  await webhooks.close();
  t.match(webhooks.counts, { delivered: 0, rejected: 0, failed: 0, dropped: 0 });
});

t.test('dead, slow and failing receivers do not affect other rooms', async (t) => {
  const healthy = await Receiver.start(t);
  const slow = await Receiver.start(t);
  const failing = await Receiver.start(t);
  const dead = await Receiver.start(t);
  dead.close();
  slow.script.push(() => {});
  for (let request = 0; request < 10; request++) failing.script.push(fail);
  const { emit, emitRoom, webhooks } = createWebhooks(t);
  emitRoom('dead', dead.url, 5);
  emitRoom('slow', slow.url, 5);
  emitRoom('failing', failing.url, 5);
  emitRoom('healthy', healthy.url, 100);
  for (const roomId of ['dead', 'slow', 'failing', 'healthy']) emit({ type: 'roomDeleted', roomId });
  await healthy.received(102);
  t.strictSame(
    bodiesOf(healthy),
    bytesOf(...roomEvents('healthy', healthy.url, 100), { type: 'roomDeleted', roomId: 'healthy' }),
  );
  t.ok(webhooks.waiting >= 21, 'the others still wait for their first one');
});

t.test('the end of a room is delivered, then its upload report, then nothing', async (t) => {
  for (const [end, report] of [
    ['roomDeleted', 'hlsUploaded'],
    ['roomCrashed', 'hlsUploadCrashed'],
  ] as const) {
    const receiver = await Receiver.start(t);
    const { emit, webhooks } = createWebhooks(t);
    const roomId = 'room';
    emit({ type: 'roomCreated', roomId, webhookUrl: receiver.url });
    emit({ type: end, roomId });
    emit({ type: report, roomId });
    emit({ type: report, roomId });
    await receiver.received(3);
    await webhooks.close();
    t.strictSame(
      bodiesOf(receiver),
      bytesOf(
        { type: 'roomCreated', roomId, webhookUrl: receiver.url },
        { type: end, roomId },
        { type: report, roomId },
      ),
    );
  }
});

t.test('an upload report of a running room does not end its notifications', async (t) => {
  const receiver = await Receiver.start(t);
  const { emit } = createWebhooks(t);
  emit({ type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url });
  emit({ type: 'hlsUploaded', roomId: 'room' });
  emit({ type: 'roomDeleted', roomId: 'room' });
  t.equal((await receiver.received(3)).length, 3);
});

t.test('only the last thousand ended rooms are remembered', async (t) => {
  const receiver = await Receiver.start(t);
  const { emit, webhooks } = createWebhooks(t);
  for (let room = 0; room <= 1000; room++) {
    emit({ type: 'roomCreated', roomId: `room-${room}`, webhookUrl: receiver.url });
    emit({ type: 'roomDeleted', roomId: `room-${room}` });
  }
  const { waiting } = webhooks;
  emit({ type: 'hlsUploaded', roomId: 'room-0' });
  t.equal(webhooks.waiting, waiting);
  emit({ type: 'hlsUploaded', roomId: 'room-1' });
  t.equal(webhooks.waiting, waiting + 1);
});

t.test('a new room with the id of a former one keeps the order', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.script.push(fail);
  const { emit, clock } = createWebhooks(t);
  const events = [
    { type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url },
    { type: 'roomDeleted', roomId: 'room' },
    { type: 'roomCreated', roomId: 'room', webhookUrl: receiver.url },
    { type: 'peerAdded', roomId: 'room', peerId: 'peer' },
  ] as const;
  for (const event of events) emit(event);
  await clock.whenPending(1);
  clock.advance(250);
  await receiver.received(5);
  t.strictSame(bodiesOf(receiver).slice(1), bytesOf(...events));
});

t.test('a new room with the id of a former one and another URL, or none, is not delayed by it', async (t) => {
  const former = await Receiver.start(t);
  former.script.push(fail);
  const receiver = await Receiver.start(t);
  const { emit, emitRoom, webhooks, clock } = createWebhooks(t);
  emitRoom('room', former.url, 0);
  emit({ type: 'roomDeleted', roomId: 'room' });
  emitRoom('room', receiver.url, 1);
  await receiver.received(2);
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('room', receiver.url, 1)));
  emit({ type: 'roomCreated', roomId: 'room', webhookUrl: null });
  emit({ type: 'peerAdded', roomId: 'room', peerId: 'unheard' });
  await clock.whenPending(1);
  clock.advance(250);
  await former.received(3);
  t.strictSame(
    bodiesOf(former).slice(1),
    bytesOf(...roomEvents('room', former.url, 0), { type: 'roomDeleted', roomId: 'room' }),
  );
  await webhooks.close();
  t.equal(receiver.requests.length, 2);
});

t.test('ten thousand rooms with a dead receiver take bounded memory, and a live one is still served', async (t) => {
  const dead = await Receiver.start(t);
  dead.close();
  const receiver = await Receiver.start(t);
  const { emit, emitRoom, webhooks } = createWebhooks(t, { maxBacklogBytes: 1024 * 1024 });
  const metadata = 'x'.repeat(1000);
  for (let room = 0; room < 10_000; room++) {
    emit({ type: 'roomCreated', roomId: `room-${room}`, webhookUrl: dead.url });
    emit({ type: 'peerMetadataUpdated', roomId: `room-${room}`, peerId: 'peer', metadata });
  }
  t.ok(webhooks.waiting <= 2048, `${webhooks.waiting} messages wait`);
  t.equal(webhooks.counts.dropped, 20_000 - webhooks.waiting);
  emitRoom('living', receiver.url, 3);
  await receiver.received(4);
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('living', receiver.url, 3)));
});

t.test('an address that is not permitted is logged and not tried again', async (t) => {
  const { emitRoom, webhooks, log } = createWebhooks(t);
  emitRoom('room', 'http://metadata:pass@169.254.169.254/latest?token=hidden', 0);
  emitRoom('other', 'ftp://hooks.test/', 0);
  await webhooks.close();
  t.match(webhooks.counts, { delivered: 0, rejected: 2, failed: 0, dropped: 0 });
  t.match(
    log.map(({ roomId }) => roomId),
    ['other', 'room'],
  );
  t.notMatch(JSON.stringify(log), /hidden|pass/);
});

t.test('closing delivers what waits for receivers that respond', async (t) => {
  const receiver = await Receiver.start(t);
  const { emit, emitRoom, webhooks, clock } = createWebhooks(t);
  emitRoom('room', receiver.url, 20);
  await Promise.all([webhooks.close(), webhooks.close()]);
  t.equal(receiver.requests.length, 21);
  t.equal(clock.pending, 0);
  emit({ type: 'peerAdded', roomId: 'room', peerId: 'late' });
  t.equal(webhooks.waiting, 0);
});

t.test('closing does not wait for receivers that fail', async (t) => {
  const failing = await Receiver.start(t);
  failing.script.push(fail);
  const dead = await Receiver.start(t);
  dead.close();
  const { emitRoom, webhooks, clock } = createWebhooks(t);
  emitRoom('failing', failing.url, 3);
  await clock.whenPending(1);
  emitRoom('dead', dead.url, 3);
  await webhooks.close();
  t.equal(webhooks.counts.dropped, 8);
  t.equal(webhooks.waiting, 0);
  t.equal(clock.pending, 0);
});

t.test('closing drops at its timeout what hangs', async (t) => {
  const hanging = await Receiver.start(t);
  const arrived = Promise.withResolvers<ServerResponse>();
  hanging.script.push((response) => arrived.resolve(response));
  const { emitRoom, webhooks, clock } = createWebhooks(t);
  emitRoom('room', hanging.url, 3);
  const response = await arrived.promise;
  const broken = once(response, 'close');
  const closing = webhooks.close(2000);
  clock.advance(1999);
  t.equal(webhooks.waiting, 4);
  clock.advance(1);
  t.equal(webhooks.waiting, 0);
  await Promise.all([closing, broken]);
  t.equal(webhooks.counts.dropped, 4);
  t.equal(hanging.requests.length, 1);
  t.equal(clock.pending, 0);
});
