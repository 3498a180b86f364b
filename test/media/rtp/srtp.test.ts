import { randomBytes } from 'node:crypto';
import t from 'tap';
import { ProtectionProfileAes128CmHmacSha1_80, SrtcpSession, SrtpSession } from 'werift';
import { writeReceiverReport, writeSourceDescription } from '../../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { SrtpReceiver, SrtpSender } from '../../../src/media/rtp/srtp.ts';
import type { SrtpMaster } from '../../../src/media/rtp/srtp-keys.ts';

const master = (suite: SrtpMaster['suite'] = 'AES_CM_128_HMAC_SHA1_80'): SrtpMaster => ({
  suite,
  key: randomBytes(30).toString('base64'),
});
const packet = (sequenceNumber: number, { ssrc = 7, text = `packet ${sequenceNumber}` } = {}) =>
  serializeRtp({
    ...{ payloadType: 8, ssrc, sequenceNumber: sequenceNumber & 0xffff, timestamp: 0, marker: false },
    payload: Buffer.from(text),
  });

for (const suite of ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const) {
  t.test(`${suite}: what was encrypted is decrypted, over wraps`, async (t) => {
    const keys = master(suite);
    const [sender, receiver] = [new SrtpSender(keys), new SrtpReceiver(keys)];
    for (let number = 65_000; number < 65_000 + 140_000; number += 100) {
      const plain = packet(number);
      const sealed = sender.rtp(plain);
      if (!receiver.rtp(sealed)?.equals(plain) || sealed.includes('packet')) t.fail(`packet ${number}`);
    }
    t.equal(sender.rtp(packet(205_000)).length, packet(205_000).length + (suite.endsWith('32') ? 4 : 10));
    const compound = Buffer.concat([writeReceiverReport(7), writeSourceDescription(7, 'a name')]);
    for (let round = 0; round < 3; round += 1) {
      const sealed = sender.rtcp(compound);
      t.equal(sealed.length, compound.length + 14);
      t.same(receiver.rtcp(sealed), compound);
      t.equal(receiver.rtcp(sealed), undefined, 'once');
    }
  });
}

t.test('header extensions and contributing sources stay readable', async (t) => {
  const keys = master();
  const head = Buffer.from([
    0x92, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 1, 2, 3, 4,
  ]);
  const plain = Buffer.concat([head, Buffer.from('sound')]);
  const sealed = new SrtpSender(keys).rtp(plain);
  t.same(sealed.subarray(0, head.length), head);
  t.same(new SrtpReceiver(keys).rtp(sealed), plain);
});

t.test('werift reads what is encrypted here, and the other way round', async (t) => {
  const keys = master();
  const bytes = Buffer.from(keys.key, 'base64');
  const [key, salt] = [bytes.subarray(0, 16), bytes.subarray(16)];
  const config = {
    keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
    profile: ProtectionProfileAes128CmHmacSha1_80,
  };
  const [theirs, theirRtcp] = [new SrtpSession(config), new SrtcpSession(config)];
  const [sender, receiver] = [new SrtpSender(keys), new SrtpReceiver(keys)];
  const { RtpPacket: TheirPacket } = await import('werift');
  for (const number of [65_534, 65_535, 65_536, 65_537]) {
    const plain = packet(number);
    t.same(theirs.decrypt(sender.rtp(plain)), plain);
    const { header, payload } = TheirPacket.deSerialize(plain);
    t.same(receiver.rtp(theirs.encrypt(payload, header)), plain);
  }
  const compound = Buffer.concat([writeReceiverReport(7), writeSourceDescription(7, 'a name')]);
  t.same(theirRtcp.decrypt(sender.rtcp(compound)), compound);
  t.same(receiver.rtcp(theirRtcp.encrypt(compound)), compound);
});

t.test('forged and repeated packets are dropped, and change nothing', async (t) => {
  const keys = master();
  const [sender, receiver] = [new SrtpSender(keys), new SrtpReceiver(keys)];
  const sealed = sender.rtp(packet(1));
  const forged = (index: number) => Buffer.from(sealed.map((byte, place) => (place === index ? byte ^ 1 : byte)));
  for (let index = 0; index < sealed.length; index += 1) t.equal(receiver.rtp(forged(index)), undefined);
  for (let length = 0; length < sealed.length; length += 1)
    t.equal(receiver.rtp(sealed.subarray(0, length)), undefined);
  // a number far ahead, which would be a wrap
  t.equal(receiver.rtp(Buffer.concat([packet(40_000), Buffer.alloc(10)])), undefined);
  t.same(receiver.rtp(sealed), packet(1));
  t.equal(receiver.rtp(sealed), undefined, 'a repeated one');
  t.equal(new SrtpReceiver(master()).rtp(sealed), undefined, 'one with another key');
  const report = sender.rtcp(writeReceiverReport(7));
  for (let index = 0; index < report.length; index += 1) {
    t.equal(receiver.rtcp(Buffer.from(report.map((byte, place) => (place === index ? byte ^ 1 : byte)))), undefined);
    t.equal(receiver.rtcp(report.subarray(0, index)), undefined);
  }
  t.same(receiver.rtcp(report), writeReceiverReport(7));
});

t.test('packets out of order are taken once, within a window', async (t) => {
  const keys = master();
  const [sender, receiver] = [new SrtpSender(keys), new SrtpReceiver(keys)];
  const sealed = Array.from({ length: 400 }, (_, index) => sender.rtp(packet(65_436 + index)));
  const take = (index: number) => receiver.rtp(sealed[index] ?? Buffer.alloc(0)) !== undefined;
  t.ok(take(0));
  t.ok(take(200), 'over the wrap');
  t.ok(take(99), 'before the wrap, late');
  t.notOk(take(99));
  t.ok(take(150));
  t.notOk(take(200));
  t.notOk(take(72), 'too late');
  t.ok(take(399));
  t.notOk(take(150));
});

t.test('no index is used twice', async (t) => {
  const sender = new SrtpSender(master());
  sender.rtp(packet(5));
  t.throws(() => sender.rtp(packet(5)));
  t.throws(() => sender.rtp(packet(4)));
  t.ok(sender.rtp(packet(4, { ssrc: 8 })), 'another source has its own');
  t.ok(sender.rtp(packet(6)));
});

t.test('the sources of a sender are bounded', async (t) => {
  const keys = master();
  const [sender, receiver] = [new SrtpSender(keys), new SrtpReceiver(keys)];
  const sealed = Array.from({ length: 65 }, (_, ssrc) => sender.rtp(packet(1, { ssrc })));
  t.ok(sealed.every((each) => receiver.rtp(each)));
  t.equal(receiver.rtp(sealed[1] ?? Buffer.alloc(0)), undefined, 'known');
});

t.test('a receiver that joins late finds the number of wraps, once', async (t) => {
  const keys = master();
  const sender = new SrtpSender(keys);
  let last: Buffer = Buffer.alloc(0);
  for (let number = 1; number < 3 * 65_536; number += 1000) last = sender.rtp(packet(number));
  t.equal(new SrtpReceiver(keys).rtp(last), undefined);
  t.equal(new SrtpReceiver(keys, 1).rtp(last), undefined);
  const late = new SrtpReceiver(keys, 10);
  t.ok(late.rtp(last));
  t.equal(late.rtp(last), undefined);
  t.ok(late.rtp(sender.rtp(packet(3 * 65_536 + 5))));
});
