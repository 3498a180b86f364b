import { EventEmitter } from 'node:events';
import t from 'tap';
import type { FromTelephony, ToTelephony } from '../../../src/component/sip/media/telephony-message.ts';
import { SipError } from '../../../src/component/sip/sip-error.ts';
import type { Phone, PhoneOptions } from '../../../workers/telephony/phone.ts';
import { Switchboard } from '../../../workers/telephony/switchboard.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { negotiated } from '../../component/sip/telephony-double.ts';
import { eventually } from '../../eventually.ts';
import { OpenResources } from '../../open-resources.ts';

/** A phone that writes down what it is told. */
class PhoneDouble {
  readonly observer = new EventEmitter();
  readonly port: number;
  readonly rate = 8000;
  readonly told: unknown[] = [];
  played = 0;

  constructor({ port = 4000 }: PhoneOptions) {
    this.port = port;
  }

  play(): void {
    this.played += 1;
  }

  use(media: unknown): void {
    this.told.push(media);
  }

  setAudible(audible: boolean): void {
    this.told.push(audible);
  }

  async join(feed: { port: number }, from = 5000): Promise<number> {
    if (feed.port === 0) throw new Error('EADDRINUSE');
    return from;
  }

  async sendDtmf(digits: string): Promise<void> {
    if (digits === '?') throw new SipError('no_common_codec');
  }

  async close(): Promise<void> {
    this.told.push('closed');
  }
}

const place = { listenAddress: '127.0.0.1', ports: { min: 4000, max: 4100 }, cname: 'cname' };
const feed = { port: 9, ssrc: 1, payloadType: 97 };

function open(openPhone?: typeof Phone.open) {
  const clock = new HeldClock();
  const sent: FromTelephony[] = [];
  const phones: PhoneDouble[] = [];
  const openDouble = async (options: PhoneOptions) => {
    const phone = new PhoneDouble(options);
    phones.push(phone);
    return phone as unknown as Phone;
  };
  const switchboard = new Switchboard({
    ...{ clock, send: (message: FromTelephony) => sent.push(message), openPhone: openPhone ?? openDouble },
  });
  const take = async (...messages: ToTelephony[]) => {
    for (const message of messages) await switchboard.take(message);
    return sent.splice(0);
  };
  return { clock, phones, switchboard, take };
}

t.test('a phone is opened, told everything and closed', async (t) => {
  const { clock, phones, switchboard, take } = open();
  const [opened] = await take({ type: 'openRoom', room: 1 }, { type: 'openPhone', phone: 2, room: 1, ...place });
  t.same(opened, { type: 'opened', phone: 2, port: 4000 });
  const joined = await take(
    { type: 'use', phone: 2, media: negotiated },
    { type: 'audible', phone: 2, audible: false },
    { type: 'join', phone: 2, feed, trackId: 'track' },
  );
  t.same(joined, [{ type: 'joined', phone: 2, from: 5000 }]);
  clock.advance(100);
  const [phone] = phones;
  t.equal(phone?.played, 5, 'once per tick');
  phone?.observer.emit('received');
  phone?.observer.emit('dtmf', '5');
  phone?.observer.emit('silent');
  t.same(await take(), [
    { type: 'received', phone: 2 },
    { type: 'digit', phone: 2, digit: '5' },
    { type: 'silent', phone: 2 },
  ]);
  t.same(await take({ type: 'closePhone', phone: 2 }), [{ type: 'closed', phone: 2 }]);
  clock.advance(100);
  t.equal(phone?.played, 5);
  t.same(phone?.told, [negotiated, false, 'closed']);
  await switchboard.close();
});

t.test('a phone goes on at its ports', async (t) => {
  const { switchboard, take } = open();
  const sent = await take(
    { type: 'openRoom', room: 1 },
    { type: 'openPhone', phone: 2, room: 1, ...place, port: 4050 },
    { type: 'join', phone: 2, feed, trackId: 'track', from: 5050 },
  );
  t.same(sent, [
    { type: 'opened', phone: 2, port: 4050 },
    { type: 'joined', phone: 2, from: 5050 },
  ]);
  await switchboard.close();
});

t.test('failures are told with their reasons', async (t) => {
  const { switchboard, take } = open();
  const sent = await take(
    { type: 'openRoom', room: 1 },
    { type: 'openPhone', phone: 2, room: 1, ...place },
    { type: 'join', phone: 2, feed: { ...feed, port: 0 }, trackId: 'track' },
    { type: 'dtmf', phone: 2, request: 1, digits: '1', duration: 100 },
    { type: 'dtmf', phone: 2, request: 2, digits: '?', duration: 100 },
  );
  t.match(sent.slice(1), [
    { type: 'failed', phone: 2, code: 'no_port', reason: /EADDRINUSE/ },
    { type: 'dtmfEnded', phone: 2, request: 1, code: undefined },
    { type: 'dtmfEnded', phone: 2, request: 2, code: 'no_common_codec' },
  ]);
  await switchboard.close();
  const full = open(async () => {
    throw new SipError('no_port');
  });
  t.match(await full.take({ type: 'openPhone', phone: 2, room: 1, ...place }), [
    { type: 'failed', phone: 2, code: 'no_port' },
  ]);
  t.same(await full.take({ type: 'closePhone', phone: 2 }), [{ type: 'closed', phone: 2 }]);
  await full.switchboard.close();
});

t.test('unknown rooms and phones are ignored', async (t) => {
  const { switchboard, take } = open();
  const stream = { mimeType: 'audio/opus', payloadType: 97, ssrc: 1 } as const;
  const sent = await take(
    { type: 'track', room: 1, message: { type: 'addTrack', track: { trackId: 'a' }, stream, reports: [] } },
    { type: 'track', room: 1, message: { type: 'removeTrack', trackId: 'a' } },
    { type: 'closeRoom', room: 1 },
    { type: 'use', phone: 1, media: negotiated },
    { type: 'join', phone: 1, feed, trackId: 'a' },
    { type: 'audible', phone: 1, audible: true },
  );
  t.same(sent, []);
  await switchboard.close();
});

t.test(
  'tracks are received on ports of their own; nothing stays open after rooms, phones and tracks came and went',
  async (t) => {
    const resources = new OpenResources();
    resources.watch();
    t.teardown(() => resources.close());
    const { clock, switchboard, take } = open();
    const stream = { mimeType: 'audio/opus', payloadType: 97, ssrc: 1 } as const;
    for (let room = 1; room <= 100; room += 1) {
      const [listening] = await take(
        { type: 'openRoom', room },
        { type: 'track', room, message: { type: 'addTrack', track: { trackId: 'a' }, stream, reports: [] } },
      );
      t.match(listening, { type: 'track', room, message: { type: 'listening', trackId: 'a', port: Number } });
      await take({ type: 'openPhone', phone: room, room, ...place }, { type: 'use', phone: room, media: negotiated });
      await take({ type: 'closePhone', phone: room });
      if (room % 2) await take({ type: 'track', room, message: { type: 'removeTrack', trackId: 'a' } });
      clock.advance(20);
      await take({ type: 'closeRoom', room });
    }
    t.equal(clock.pending, 1, 'the counts');
    t.same(await take({ type: 'stop' }, { type: 'openRoom', room: 1 }), [{ type: 'ended' }]);
    t.equal(clock.pending, 0);
    // their destruction is told some turns of the event loop later
    await eventually('every socket is closed', () => !resources.list.some((place) => place.startsWith('UDPWRAP')));
    await switchboard.close();
  },
);

t.test('counts are sent every second', async (t) => {
  const { clock, switchboard, take } = open();
  await take({ type: 'openRoom', room: 1 });
  clock.advance(1000);
  const [sent] = await take();
  t.match(sent, { type: 'counts', counts: { lateness: [49, 0, 0, 0, 0, 0, 0, 0], skipped: 0, undecodable: 0 } });
  await switchboard.close();
});
