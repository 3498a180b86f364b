import type { ServerResponse } from 'node:http';
import t from 'tap';
import { eventually } from '../eventually.ts';
import { Receiver } from '../net/receiver.ts';
import { PortBlock } from '../port-block.ts';
import { bodiesOf, bytesOf, createWebhooks, roomEvents } from './webhook-harness.ts';

const respondWith =
  (status: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end();

t.test('one request is sent at a time, in order', async (t) => {
  const receiver = await Receiver.start(t);
  let open = 0;
  let most = 0;
  for (let request = 0; request < 51; request++) {
    receiver.script.push((response) => {
      most = Math.max(most, ++open);
      response.writeHead(200).write('.');
      setImmediate(() => {
        open--;
        response.end();
      });
    });
  }
  const { emitRoom, webhooks, clock } = createWebhooks(t);
  emitRoom('room', receiver.url, 50);
  await receiver.received(51);
  t.equal(most, 1);
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('room', receiver.url, 50)));
  await webhooks.close();
  t.match(webhooks.counts, { delivered: 51, rejected: 0, failed: 0, dropped: 0 });
  t.equal(webhooks.waiting, 0);
  t.equal(clock.pending, 0);
});

t.test('a failed delivery is retried before the next, after growing delays', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.script.push(respondWith(500), respondWith(503), respondWith(429), respondWith(200));
  const { emitRoom, webhooks, clock, log } = createWebhooks(t);
  emitRoom('room', `${receiver.url}?key=hidden`, 1);
  for (const [sent, delay] of [
    [1, 250],
    [2, 500],
    [3, 1000],
  ] as const) {
    await clock.whenPending(1);
    clock.advance(delay - 1);
    t.equal(clock.pending, 1, 'still waiting');
    t.equal(receiver.requests.length, sent);
    clock.advance(1);
    await receiver.received(sent + 1);
  }
  await receiver.received(5);
  const [created, added] = bytesOf(...roomEvents('room', receiver.url, 1));
  t.strictSame(bodiesOf(receiver), [created, created, created, created, added]);
  await webhooks.close();
  t.match(webhooks.counts, { delivered: 2, failed: 3, dropped: 0 });
  t.match(log, [
    { msg: 'A webhook could not be delivered', roomId: 'room', cause: 'HTTP status 500' },
    { msg: 'Webhooks are delivered again' },
  ]);
  t.equal(log.length, 2);
  t.notMatch(JSON.stringify(log), 'hidden');
});

t.test('Retry-After is obeyed within bounds', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.script.push(respondWith(429, { 'retry-after': '5' }), respondWith(503, { 'retry-after': '86400' }));
  const { emitRoom, clock } = createWebhooks(t);
  emitRoom('room', receiver.url, 0);
  for (const [sent, delay] of [
    [1, 5000],
    [2, 30_000],
  ] as const) {
    await clock.whenPending(1);
    clock.advance(delay - 1);
    t.equal(clock.pending, 1);
    clock.advance(1);
    await receiver.received(sent + 1);
  }
});

t.test('other responses are logged and not retried', async (t) => {
  const target = await Receiver.start(t);
  const receiver = await Receiver.start(t);
  receiver.script.push(respondWith(302, { location: target.url }), respondWith(404), respondWith(410));
  const { emitRoom, webhooks, log } = createWebhooks(t);
  emitRoom('room', receiver.url, 3);
  await receiver.received(4);
  await webhooks.close();
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('room', receiver.url, 3)));
  t.equal(target.requests.length, 0);
  t.match(webhooks.counts, { delivered: 1, rejected: 3, failed: 0 });
  t.match(log, [{ cause: 'HTTP status 302' }, { cause: 'HTTP status 404' }, { cause: 'HTTP status 410' }]);
});

t.test('a delivery is retried until a hanging or a late receiver takes it', async (t) => {
  const hanging = await Receiver.start(t);
  hanging.script.push(() => {});
  const { min: port } = await PortBlock.claim(t);
  const url = `http://127.0.0.1:${port}/hook`;
  const { emitRoom, clock } = createWebhooks(t, {}, 2000);
  emitRoom('hanging', hanging.url, 1);
  emitRoom('late', url, 1);
  await clock.whenPending(2);
  const up = await Receiver.start(t, port);
  clock.advance(250);
  await Promise.all([hanging.received(3), up.received(2)]);
  const [created, added] = bytesOf(...roomEvents('hanging', hanging.url, 1));
  t.strictSame(bodiesOf(hanging), [created, created, added]);
  t.strictSame(bodiesOf(up), bytesOf(...roomEvents('late', url, 1)));
});

t.test('a message that failed for too long is dropped, with those that grew too old behind it', async (t) => {
  const receiver = await Receiver.start(t);
  const { emit, emitRoom, webhooks, clock, log } = createWebhooks(t, { retryTime: 60_000 });
  for (let request = 0; request < 100; request++) receiver.script.push(respondWith(500));
  emitRoom('room', receiver.url, 9);
  for (let attempts = 0; webhooks.counts.dropped === 0 && attempts < 100; attempts++) {
    await clock.whenPending(1);
    if (clock.now() >= 50_000 && webhooks.waiting === 10) emit({ type: 'peerAdded', roomId: 'room', peerId: 'young' });
    const { length } = receiver.requests;
    clock.advance(10_000);
    // Either a repetition, or the first attempt of the young one.
    await receiver.received(length + 1);
  }
  t.equal(webhooks.counts.dropped, 10);
  t.equal(webhooks.waiting, 1);
  const [created] = bytesOf(...roomEvents('room', receiver.url, 0));
  const [young] = bytesOf({ type: 'peerAdded', roomId: 'room', peerId: 'young' });
  const bodies = bodiesOf(receiver);
  t.strictSame(new Set(bodies.slice(0, -1)), new Set([created]));
  t.equal(bodies.at(-1), young);
  receiver.script.length = 0;
  await clock.whenPending(1);
  clock.advance(10_000);
  await receiver.received(bodies.length + 1);
  await webhooks.close();
  t.equal(webhooks.counts.delivered, 1);
  const drops = log.filter(({ msg }) => msg === 'Webhooks were dropped').map(({ dropped }) => dropped);
  t.strictSame(drops, [1, 2, 4, 8], 'a few lines for many drops');
});

t.test('a step of the time of day neither drops waiting messages nor keeps old ones', async (t) => {
  for (const step of [300_000, -3_600_000]) {
    const receiver = await Receiver.start(t);
    const { emitRoom, webhooks, clock } = createWebhooks(t, { retryTime: 60_000 });
    receiver.script.push(respondWith(500));
    emitRoom('room', receiver.url, 1);
    await clock.whenPending(1);
    clock.setTime(clock.now() + step);
    clock.advance(250);
    await eventually('all are delivered or dropped', () => webhooks.waiting === 0);
    t.equal(webhooks.counts.dropped, 0, `nothing is dropped after a step of ${step} ms`);
    for (let request = 0; request < 100; request++) receiver.script.push(respondWith(500));
    emitRoom('another', receiver.url, 0);
    await clock.whenPending(1);
    clock.setTime(clock.now() + step);
    for (let attempts = 0; webhooks.counts.dropped === 0 && attempts < 20; attempts++) {
      await clock.whenPending(1);
      clock.advance(10_000);
      await eventually('the attempt is over', () => clock.pending > 0 || webhooks.counts.dropped > 0);
    }
    t.equal(webhooks.counts.dropped, 1, `what failed for a minute is dropped in spite of a step of ${step} ms`);
  }
});

t.test('with a retry time of 0 every message is sent once', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.script.push(respondWith(500), respondWith(500), respondWith(200));
  const { emitRoom, webhooks } = createWebhooks(t, { retryTime: 0 });
  emitRoom('room', receiver.url, 2);
  await receiver.received(3);
  await webhooks.close();
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('room', receiver.url, 2)));
  t.match(webhooks.counts, { delivered: 1, failed: 2, dropped: 2 });
});

t.test('a full queue drops its oldest message, but not the one being sent', async (t) => {
  const receiver = await Receiver.start(t);
  const held = Promise.withResolvers<ServerResponse>();
  receiver.script.push((response) => held.resolve(response));
  const { emit, emitRoom, webhooks } = createWebhooks(t, { queueLength: 3 });
  emitRoom('room', receiver.url, 0);
  const response = await held.promise;
  for (const peerId of ['a', 'b', 'c', 'd', 'e']) emit({ type: 'peerAdded', roomId: 'room', peerId });
  t.equal(webhooks.counts.dropped, 2);
  response.end();
  await receiver.received(4);
  const peers = ['c', 'd', 'e'].map((peerId) => ({ type: 'peerAdded', roomId: 'room', peerId }) as const);
  t.strictSame(bodiesOf(receiver), bytesOf(...roomEvents('room', receiver.url, 0), ...peers));
});
