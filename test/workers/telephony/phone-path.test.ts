import { randomBytes } from 'node:crypto';
import t from 'tap';
import { readSenderReports, writeReceiverReport, writeSenderReport } from '../../../src/media/rtp/rtcp.ts';
import { SrtpReceiver, SrtpSender } from '../../../src/media/rtp/srtp.ts';
import { Phone } from '../../../workers/telephony/phone.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { PortBlock } from '../../port-block.ts';
import { sine } from '../../tone.ts';
import { PacketSocket } from './packet-socket.ts';
import { PhoneCall } from './phone-call.ts';

const voice = Buffer.alloc(160, 0xd5);
const silence = new Int16Array(160);

/** The types of the packets in a compound. */
function typesOf(compound: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < compound.length; at += 4 + 4 * compound.readUInt16BE(at + 2)) {
    types.push(compound.readUInt8(at + 1));
  }
  return types;
}

t.test('packets of a stranger are not heard, and nothing is sent to one', async (t) => {
  const call = await PhoneCall.open(t);
  const stranger = await PacketSocket.open(t);
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 1 });
  const { port } = call.phone;
  await stranger.send(call.strange(), port);
  await stranger.send(writeReceiverReport(1), port);
  await stranger.send(Buffer.alloc(0), port);
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 2 });
  call.phone.play(silence);
  await call.whenArrived({ heard: 1 });
  t.equal(call.said.length, 2);
  t.equal(call.phone.strangers, 3);
  t.equal(stranger.packets.length, 0);
});

t.test('a phone behind a NAT is where its packets come from', async (t) => {
  const elsewhere = await PacketSocket.open(t);
  const call = await PhoneCall.open(t, { remote: { address: '127.0.0.1', port: elsewhere.port } });
  call.phone.play(silence);
  await elsewhere.whenReceived(1);
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 1 });
  call.phone.play(silence);
  await call.whenArrived({ heard: 1 });
  t.equal(elsewhere.packets.length, 1);
});

t.test('whoever was quicker than the phone is not it', async (t) => {
  const call = await PhoneCall.open(t);
  const stranger = await PacketSocket.open(t);
  await stranger.send(call.strange(), call.phone.port);
  await call.whenArrived({ said: 1 });
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 2 });
  await stranger.send(call.strange(), call.phone.port);
  call.phone.play(silence);
  await call.whenArrived({ heard: 1 });
  t.equal(stranger.packets.length, 0);
});

t.test('packets before the answer, of other types, or that are no RTP are dropped', async (t) => {
  const [far, block] = await Promise.all([PacketSocket.open(t), PortBlock.claim(t)]);
  const clock = new HeldClock();
  const phone = await Phone.open({ listenAddress: '127.0.0.1', ports: block, clock, cname: 'phone' });
  t.teardown(() => phone.close());
  t.equal(phone.rate, undefined);
  phone.play(silence);
  const call = await PhoneCall.open(t);
  await far.send(call.strange(), phone.port);
  for (const bytes of [Buffer.alloc(1), Buffer.alloc(12), call.strange({ payloadType: 34 })]) {
    await call.say([bytes]);
  }
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 1 });
  t.equal(call.said.length, 1);
  t.equal(call.phone.strangers, 3);
});

t.test('reports go to the port of RTP, or to the next one', async (t) => {
  const call = await PhoneCall.open(t);
  await call.say([call.packet(voice, 160)]);
  await call.whenArrived({ said: 1 });
  const theirs = writeSenderReport({
    ssrc: call.ssrc,
    ntpTime: 5n << 32n,
    rtpTimestamp: 0,
    packetCount: 1,
    octetCount: 1,
  });
  await call.say([theirs, call.packet(voice, 160)]);
  await call.whenArrived({ said: 2 });
  await call.hear(sine(440, 5000, 8000));
  const report = await call.far.when((packet) => packet.readUInt8(1) === 200);
  t.same(typesOf(report), [200, 202]);
  const [read] = readSenderReports(report);
  t.equal(read?.ssrc, call.heard[0]?.ssrc);
  t.equal(read?.packetCount, 250);
  t.equal(report.readUInt32BE(28), call.ssrc, 'the block is of the phone');
  t.equal(report.readUInt32BE(44), 5 << 16, 'with its last report');

  const [rtcp, separate] = [await PacketSocket.open(t, call.far.port + 1).catch(() => undefined), { rtcpMux: false }];
  if (!rtcp) return t.comment('the next port is in use');
  call.phone.use({ ...call.media, ...separate });
  await call.hear(sine(440, 5000, 8000));
  t.same(typesOf(await rtcp.when(() => true)), [200, 202]);
  await call.phone.close();
  await rtcp.when((packet) => typesOf(packet).at(-1) === 203);
});

t.test('a phone at the last port gets no reports, and closing it frees our port', async (t) => {
  const call = await PhoneCall.open(t, { remote: { address: '127.0.0.1', port: 65_535 }, rtcpMux: false });
  call.phone.play(silence);
  t.doesNotThrow(() => call.clock.advance(5000));
  const { port } = call.phone;
  await call.phone.close();
  await PacketSocket.open(t, port);
});

t.test('encrypted reports, and goodbye at the end', async (t) => {
  const suite = 'AES_CM_128_HMAC_SHA1_32';
  const [local, remote] = [randomBytes(30).toString('base64'), randomBytes(30).toString('base64')];
  const call = await PhoneCall.open(t, { srtp: { suite, local, remote } });
  const [ours, theirs] = [new SrtpReceiver({ suite, key: local }), new SrtpSender({ suite, key: remote })];
  await call.say([theirs.rtp(call.packet(voice, 160))]);
  await call.whenArrived({ said: 1 });
  await call.say([writeReceiverReport(call.ssrc), theirs.rtcp(writeReceiverReport(call.ssrc))]);
  call.phone.play(silence);
  call.clock.advance(5000);
  await call.phone.close();
  await call.far.whenReceived(3);
  t.same(ours.rtp(call.far.packets[0] ?? voice)?.length, 172);
  const [first, last] = call.far.packets.slice(1).map((packet) => typesOf(ours.rtcp(packet) ?? Buffer.alloc(0)));
  t.same(first, [200, 202]);
  t.same(last, [201, 202, 203]);
});

t.test('the same keys go on with the same counters, other keys begin anew', async (t) => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const key = () => randomBytes(30).toString('base64');
  const srtp = { suite, local: key(), remote: key() } as const;
  const call = await PhoneCall.open(t, { srtp });
  const play = async (count: number) => {
    call.phone.play(silence);
    await call.whenArrived({ heard: count });
    return call.far.packets[count - 1] ?? voice;
  };
  const ours = new SrtpReceiver({ suite, key: srtp.local });
  t.ok(ours.rtp(await play(1)));
  call.phone.use({ ...call.media, srtp: { ...srtp } });
  t.ok(ours.rtp(await play(2)));
  const other = { ...srtp, local: key() };
  call.phone.use({ ...call.media, srtp: other });
  t.ok(new SrtpReceiver({ suite, key: other.local }).rtp(await play(3)));
  // a key that comes back encrypts another stream: the same numbers are others there
  call.phone.use({ ...call.media, srtp });
  await play(4);
  const [one, two, , four] = call.heard.map(({ ssrc }) => ssrc);
  t.equal(one, two);
  t.not(one, four);
});

t.test('what a phone with keys sends without them is not heard', async (t) => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const [local, remote] = [randomBytes(30).toString('base64'), randomBytes(30).toString('base64')];
  const call = await PhoneCall.open(t, { srtp: { suite, local, remote } });
  await call.say([call.packet(voice, 160)]);
  await call.say([new SrtpSender({ suite, key: remote }).rtp(call.packet(voice, 160))]);
  await call.whenArrived({ said: 1 });
  t.equal(call.said.length, 1);
  t.equal(call.phone.strangers, 1);
});
