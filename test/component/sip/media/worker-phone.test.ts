import { once } from 'node:events';
import t from 'tap';
import type { ToTelephony } from '../../../../src/component/sip/media/telephony-message.ts';
import { WorkerPhone } from '../../../../src/component/sip/media/worker-phone.ts';
import type { UdpFeed } from '../../../../src/sfu/udp-feed.ts';
import { HeldClock } from '../../../clock/held-clock.ts';
import { negotiated } from '../telephony-double.ts';

const phone = 7;
const place = { listenAddress: '127.0.0.1', ports: { min: 4000, max: 4100 }, cname: 'cname' };

function open() {
  const sent: ToTelephony[] = [];
  const clock = new HeldClock();
  const ends: string[] = [];
  const media = new WorkerPhone({
    ...{ id: phone, room: 3, ...place, clock, send: (message) => sent.push(message) },
    onClosing: () => ends.push('closing'),
    onClosed: () => ends.push('closed'),
  });
  return { media, sent, clock, ends, types: () => sent.splice(0).map(({ type }) => type) };
}

function feed(connected: number[] = []): UdpFeed {
  const double = { port: 9, ssrc: 1, payloadType: 97, closed: false, publication: { trackId: 'track' } };
  return Object.assign(double, { connect: async (port: number) => void connected.push(port) }) as unknown as UdpFeed;
}

t.test('a phone is opened in the worker that is ready, and again in the next one, as it was', async (t) => {
  const { media, sent, types } = open();
  const connected: number[] = [];
  media.introduce();
  t.strictSame(sent.splice(0), [{ type: 'openPhone', phone, room: 3, ...place }]);
  media.take({ type: 'opened', phone, port: 4010 });
  await media.opened();
  t.equal(media.port, 4010);
  media.use(negotiated);
  media.setAudible(false);
  const joined = media.join(feed(connected));
  t.same(types(), ['use', 'audible', 'join']);
  media.take({ type: 'joined', phone, from: 5000 });
  await joined;
  media.lose();
  media.use({ ...negotiated, packetTime: 40 });
  t.same(sent, [], 'nobody hears it');
  media.introduce();
  t.strictSame(sent.splice(0), [{ type: 'openPhone', phone, room: 3, ...place, port: 4010 }]);
  media.take({ type: 'opened', phone, port: 4010 });
  t.strictSame(sent.splice(0), [
    { type: 'use', phone, media: { ...negotiated, packetTime: 40 } },
    { type: 'audible', phone, audible: false },
    { type: 'join', phone, feed: { port: 9, ssrc: 1, payloadType: 97 }, trackId: 'track', from: 5000 },
  ]);
  media.take({ type: 'joined', phone, from: 5000 });
  t.same(connected, [5000]);
});

t.test('a phone that cannot be opened says why', async (t) => {
  const { media } = open();
  media.introduce();
  media.take({ type: 'failed', phone, code: 'no_port', reason: 'all are in use' });
  await t.rejects(media.opened(), { code: 'no_port', message: 'all are in use' });
});

t.test('a phone that cannot go on in the next worker says so once', async (t) => {
  const { media, types } = open();
  media.introduce();
  media.take({ type: 'opened', phone, port: 4010 });
  media.lose();
  media.introduce();
  const failed = once(media.observer, 'failed');
  media.take({ type: 'failed', phone, code: 'no_port', reason: 'taken' });
  media.take({ type: 'failed', phone, code: 'no_port', reason: 'taken' });
  t.match(await failed, [{ code: 'no_port' }]);
  await t.rejects(media.sendDtmf('1', 100), { code: 'closed' });
  types();
  media.use(negotiated);
  t.same(types(), []);
});

t.test('keys are sent one request after the other; they fail with the worker', async (t) => {
  const { media, sent } = open();
  await t.rejects(media.sendDtmf('1', 100), { code: 'closed' });
  media.introduce();
  sent.splice(0);
  const first = media.sendDtmf('1', 100);
  const second = media.sendDtmf('2', 100);
  t.strictSame(sent.splice(0), [
    { type: 'dtmf', phone, request: 1, digits: '1', duration: 100 },
    { type: 'dtmf', phone, request: 2, digits: '2', duration: 100 },
  ]);
  media.take({ type: 'dtmfEnded', phone, request: 1 });
  await first;
  media.take({ type: 'dtmfEnded', phone, request: 2, code: 'no_common_codec' });
  await t.rejects(second, { code: 'no_common_codec' });
  const third = media.sendDtmf('3', 100);
  media.lose();
  await t.rejects(third, { code: 'closed' });
});

t.test('what the phone does is told until it is closed', async (t) => {
  const { media } = open();
  const events: string[] = [];
  media.observer.on('dtmf', (digit) => events.push(digit));
  media.observer.on('received', () => events.push('received'));
  media.observer.on('silent', () => events.push('silent'));
  media.introduce();
  media.take({ type: 'received', phone });
  media.take({ type: 'digit', phone, digit: '#' });
  media.take({ type: 'silent', phone });
  t.same(events, ['received', '#', 'silent']);
  const closing = media.close();
  media.take({ type: 'digit', phone, digit: '1' });
  media.take({ type: 'closed', phone });
  await closing;
  t.equal(events.length, 3);
});

t.test('a close waits for the worker, for two seconds at most', async (t) => {
  const { media, clock, ends, types } = open();
  media.introduce();
  types();
  const closing = media.close();
  t.same(types(), ['closePhone']);
  t.same(ends, ['closing']);
  clock.advance(1999);
  await Promise.resolve();
  t.same(ends, ['closing']);
  clock.advance(1);
  await closing;
  await media.close();
  t.same(ends, ['closing', 'closed']);
  t.equal(clock.pending, 0);
  await t.rejects(media.opened(), { code: 'closed' });
  await t.rejects(media.join(feed()), { code: 'closed' });
});

t.test('a phone of a worker that is gone is closed at once', async (t) => {
  const { media, clock, types } = open();
  await media.close();
  t.same(types(), []);
  t.equal(clock.pending, 0);
});
