import t from 'tap';
import { writeReceiverReport } from '../../../src/media/rtp/rtcp.ts';
import { writeTelephoneEvent } from '../../../src/media/rtp/telephone-event.ts';
import { seededRandom } from '../../seeded-random.ts';
import { dropOuts, part, sine, soundLength, toneLevel } from '../../tone.ts';
import { PacketSocket } from './packet-socket.ts';
import { dtmfPayloadType, PhoneCall, roomPayloadType, rtpOf } from './phone-call.ts';

const silence = new Int16Array(160);

/** What the phone sends while a key is pressed. */
function press(call: PhoneCall, event: number): Buffer[] {
  const packets = [1, 2, 3, 3, 3].map((part, index) =>
    call.packet(writeTelephoneEvent({ event, end: index > 1, volume: 10, duration: part * 160 }), 0, {
      payloadType: dtmfPayloadType,
      marker: index === 0,
    }),
  );
  call.timestamp = (call.timestamp + 0.06 * call.rate) >>> 0;
  return packets;
}

for (const codec of ['pcma', 'opus'] as const) {
  t.test(`${codec}: keys of the phone are found once, and are not heard`, async (t) => {
    const call = await PhoneCall.open(t, { codec });
    const speak = () => call.packetsOf(sine(700, 200, call.rate));
    await call.say([...speak(), ...press(call, 1), ...speak(), ...press(call, 11), ...speak()]);
    await call.whenArrived({ said: 30 });
    t.same(call.keys, ['1', '#']);
    t.ok(call.said.every(({ payloadType }) => payloadType === roomPayloadType));
    t.equal(call.said.length, 30);
    t.same(
      call.said.flatMap(({ marker }, index) => (marker ? [index] : [])),
      [0, 10, 20],
    );
  });
}

t.test('keys for the phone are sent in place of the mix', async (t) => {
  const call = await PhoneCall.open(t);
  const done = call.phone.sendDtmf('5', 100);
  await call.hear(sine(440, 400, 8000));
  await done;
  await call.whenArrived({ heard: 18 });
  t.same(
    call.heard.map(({ payloadType }) => (payloadType === dtmfPayloadType ? 'key' : 'mix')),
    [...Array(7).fill('key'), ...Array(11).fill('mix')],
  );
});

t.test('5 % loss and packets that overtake one another', async (t) => {
  const call = await PhoneCall.open(t);
  const random = seededRandom(5);
  const packets = call.packetsOf(sine(700, 4000, 8000));
  let unique = 10;
  await call.say(packets.slice(0, unique));
  for (let index = unique; index < packets.length; index += 10) {
    const [first, second, ...others] = packets.slice(index, index + 10);
    // the losses are elsewhere, so that each packet that is sent is within reach
    const left = others.filter((_, place) => place > 5 || random() >= 0.08);
    unique += left.length + 2;
    // the second comes first, the first one twice
    await call.say([second, first, first, ...left].filter((packet) => packet !== undefined));
    await call.whenRead();
    call.clock.advance(20);
  }
  await call.whenArrived({ said: unique });
  t.equal(call.said.length, unique, 'each once');
  const numbers = call.said.map(
    ({ sequenceNumber }) => (sequenceNumber - (call.said[0]?.sequenceNumber ?? 0)) & 0xffff,
  );
  t.same(
    numbers,
    [...numbers].sort((one, other) => one - other),
    'in order',
  );
  t.ok((numbers.at(-1) ?? 0) >= 190, 'with gaps where packets are lost');
  // what is lost is 5 % of the tone
  t.ok(toneLevel(call.saidSound, 700) > 0.3 * 0.9);
});

t.test('on hold nothing is sent; afterwards both sides are heard again', async (t) => {
  const call = await PhoneCall.open(t);
  await call.hear(sine(440, 200, 8000));
  call.phone.use({ ...call.media, sending: false, receiving: false });
  t.equal(call.phone.rate, undefined);
  await call.hear(sine(440, 200, 8000));
  call.phone.use(call.media);
  await call.hear(sine(440, 1000, 8000));
  await call.say(call.packetsOf(sine(700, 1000, 8000)));
  await call.whenArrived({ heard: 60, said: 50 });
  t.equal(call.heard.length, 60);
  t.same(
    call.heard.flatMap(({ marker }, index) => (marker ? [index] : [])),
    [0, 10],
  );
  t.equal(dropOuts(part(call.saidSound, 100, 900)), 0);
});

t.test('the room hears a phone that says that it sends, on hold as well, and no other one', async (t) => {
  const call = await PhoneCall.open(t);
  const speak = () => call.packetsOf(sine(700, 100, 8000));
  await call.say(speak());
  await call.whenArrived({ said: 5 });
  for (const sending of [false, true]) {
    call.phone.use({ ...call.media, sending, receiving: false });
    await call.say([...speak(), ...press(call, 1)]);
    await call.whenRead();
  }
  t.same(call.keys, ['1', '1'], 'its keys are found');
  call.phone.use({ ...call.media, sending: false });
  call.phone.setAudible(false);
  await call.say(speak());
  await call.whenRead();
  call.phone.setAudible(true);
  await call.say(speak());
  await call.whenArrived({ said: 10 });
  t.equal(call.said.length, 10);
  t.same(
    call.said.flatMap(({ marker }, index) => (marker ? [index] : [])),
    [0, 5],
  );
});

t.test('a phone sends with the numbers that it has answered, or with those of our offer', async (t) => {
  const numbers = { payloadType: 107, dtmfPayloadType: 96, offered: { payloadType: 96, dtmfPayloadType: 101 } };
  const call = await PhoneCall.open(t, { codec: 'opus', ...numbers });
  await call.say([...call.packetsOf(sine(700, 100)), ...press(call, 1)]);
  const key = call.packet(writeTelephoneEvent({ event: 2, end: true, volume: 10, duration: 160 }), 0, {
    payloadType: 96,
    marker: true,
  });
  await call.say([key]);
  await call.whenRead();
  t.same(call.keys, ['1', '2'], 'what it has answered counts more');
  await call.whenArrived({ said: 5 });
  const plain = await PhoneCall.open(t, { codec: 'opus', payloadType: 107, offered: { payloadType: 96 } });
  plain.media = { ...plain.media, payloadType: 96 };
  await plain.say(plain.packetsOf(sine(700, 100)));
  await plain.whenArrived({ said: 5 });
  await plain.hear(sine(440, 100));
  await plain.whenArrived({ heard: 5 });
  t.ok(plain.heard.every(({ payloadType }) => payloadType === 107));
});

t.test('the codec changes during the call, both ways', async (t) => {
  const call = await PhoneCall.open(t);
  await call.say(call.packetsOf(sine(700, 500, 8000)));
  await call.hear(sine(440, 500, 8000));
  await call.whenArrived({ said: 25, heard: 25 });
  const opus = { ...call.media, codec: 'opus', payloadType: 96 } as const;
  call.phone.use(opus);
  t.equal(call.phone.rate, 48_000);
  call.media = opus;
  call.far.packets.length = 0;
  await call.hear(sine(440, 1000));
  await call.say(call.packetsOf(sine(700, 1000)));
  await call.whenArrived({ said: 75, heard: 50 });
  t.ok(toneLevel(part(call.heardSound, 100, 900), 440) > 0.27);
  t.ok(toneLevel(part(call.saidSound, soundLength(call.saidSound) - 900), 700) > 0.27);
  t.equal(new Set(call.said.map(({ ssrc }) => ssrc)).size, 1, 'one track');
});

t.test('a phone that begins its numbers anew, or is another source, is heard', async (t) => {
  const call = await PhoneCall.open(t);
  await call.say(call.packetsOf(sine(700, 500, 8000)));
  call.sequenceNumber = 30_000;
  call.timestamp = 5;
  await call.say(call.packetsOf(sine(700, 500, 8000)));
  call.ssrc = 78;
  call.sequenceNumber = 3;
  call.timestamp = 2_000_000_000;
  await call.say(call.packetsOf(sine(700, 500, 8000)));
  await call.whenArrived({ said: 75 });
  const times = call.said.map(({ timestamp }) => (timestamp - (call.said[0]?.timestamp ?? 0)) >>> 0);
  t.same(
    times,
    [...times].sort((one, other) => one - other),
  );
});

t.test('comfort noise is no sound', async (t) => {
  const call = await PhoneCall.open(t);
  await call.say(call.packetsOf(sine(700, 200, 8000)));
  await call.say([call.packet(Buffer.from([60]), 8000, { payloadType: 13 })]);
  await call.say(call.packetsOf(sine(700, 200, 8000)));
  await call.whenArrived({ said: 20 });
  t.equal(call.said.length, 20);
  t.equal(call.phone.strangers, 0);
  const gap = ((call.said[10]?.timestamp ?? 0) - (call.said[9]?.timestamp ?? 0)) >>> 0;
  t.equal(gap, 48_960);
});

t.test('a phone that falls silent is noticed, but not on hold', async (t) => {
  const call = await PhoneCall.open(t);
  let silences = 0;
  call.phone.observer.on('silent', () => {
    silences += 1;
  });
  await call.say([call.packet(Buffer.alloc(160), 160)]);
  await call.whenArrived({ said: 1 });
  call.clock.advance(20_000);
  await call.say([writeReceiverReport(call.ssrc), call.packet(Buffer.alloc(160), 160)]);
  await call.whenArrived({ said: 2 });
  call.clock.advance(29_000);
  t.equal(silences, 0);
  call.clock.advance(60_000);
  t.equal(silences, 1);
  call.phone.use({ ...call.media, sending: false });
  call.clock.advance(60_000);
  call.phone.use(call.media);
  t.equal(silences, 1);
  call.clock.advance(30_000);
  t.equal(silences, 2);
});

t.test('the phone moves to another feed', async (t) => {
  const call = await PhoneCall.open(t);
  await call.say([call.packet(Buffer.alloc(160), 160)]);
  await call.whenArrived({ said: 1 });
  const room = await PacketSocket.open(t);
  const from = await call.phone.join({ port: room.port, ssrc: 5, payloadType: 100 });
  t.ok(from > 0);
  await call.say([call.packet(Buffer.alloc(160), 160)]);
  await room.whenReceived(1);
  t.same(
    rtpOf(room.packets).map(({ ssrc, payloadType }) => [ssrc, payloadType]),
    [[5, 100]],
  );
  t.equal(call.said.length, 1);
  await t.rejects(call.phone.join({ port: room.port, ssrc: 5, payloadType: 100 }, from), { code: 'no_port' });
});

t.test('after the end nothing is left', async (t) => {
  const call = await PhoneCall.open(t);
  const keys = t.rejects(call.phone.sendDtmf('1', 100), { code: 'closed' });
  await Promise.all([call.phone.close(), call.phone.close()]);
  await keys;
  t.equal(call.clock.pending, 0);
  t.equal(call.phone.rate, undefined);
  call.phone.play(silence);
  call.phone.use(call.media);
  call.phone.setAudible(false);
  await t.rejects(call.phone.sendDtmf('1', 100), { code: 'closed' });
  await t.rejects(call.phone.join({ port: 9, ssrc: 5, payloadType: 100 }), { code: 'closed' });
});
