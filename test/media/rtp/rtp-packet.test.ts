import t from 'tap';
import { RtpHeader, RtpPacket } from 'werift';
import {
  parseRtp,
  readRetransmission,
  sequenceDistance,
  serializeRtp,
  timestampDistance,
} from '../../../src/media/rtp/rtp-packet.ts';

const fields = { payloadType: 96, marker: true, sequenceNumber: 65_535, timestamp: 4_294_967_295, ssrc: 0xdeadbeef };

t.test('our packets are read by another implementation', async (t) => {
  const { header, payload } = RtpPacket.deSerialize(serializeRtp({ ...fields, payload: Buffer.from('picture') }));
  t.match(header, fields);
  t.equal(payload.toString(), 'picture');
});

t.test('packets of another implementation are read, whatever their header contains', async (t) => {
  const extensions = [{ id: 1, payload: Buffer.from([7]) }];
  const header = new RtpHeader({ ...fields, csrc: [1, 2], extension: true, extensions, padding: true, paddingSize: 4 });
  const packet = parseRtp(new RtpPacket(header, Buffer.from('sound')).serialize());
  t.same(packet, { ...fields, payload: Buffer.from('sound') });
});

t.test('what is not RTP is refused', async (t) => {
  const good = serializeRtp({ ...fields, payload: Buffer.alloc(1) });
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };
  t.ok(parseRtp(good));
  t.equal(parseRtp(good.subarray(0, 11)), undefined, 'too short');
  t.equal(parseRtp(changed((bytes) => bytes.writeUInt8(0x40, 0))), undefined, 'another version');
  t.equal(parseRtp(changed((bytes) => bytes.writeUInt8(0x8f, 0))), undefined, 'sources that are not there');
  t.equal(parseRtp(changed((bytes) => bytes.writeUInt8(0x90, 0))), undefined, 'an extension that is not there');
  const padded = changed((bytes) => {
    bytes.writeUInt8(0xa0, 0);
    bytes.writeUInt8(200, 12);
  });
  t.equal(parseRtp(padded), undefined, 'more padding than packet');
});

t.test('thousands of header extensions cost nothing', async (t) => {
  const packet = Buffer.alloc(64_000, 0x10);
  packet.writeUInt16BE(0x9060, 0);
  packet.writeUInt16BE(0xbede, 12);
  packet.writeUInt16BE((packet.length - 16) / 4, 14);
  t.equal(parseRtp(packet)?.payload.length, 0);
});

t.test('distances are correct across the wrap', async (t) => {
  t.equal(sequenceDistance(65_535, 0), 1);
  t.equal(sequenceDistance(0, 65_535), -1);
  t.equal(timestampDistance(4_294_967_295, 2), 3);
  t.equal(timestampDistance(2, 4_294_967_295), -3);
});

const repeated = { payloadType: 97, ssrc: 2, sequenceNumber: 7, timestamp: 1000, marker: true };

t.test('the original packet has its own number and stream', async (t) => {
  const original = readRetransmission(
    { ...repeated, payload: Buffer.from([0xab, 0xcd, 1, 2, 3]) },
    { payloadType: 96, ssrc: 1 },
  );
  t.same(original, {
    ...{ payloadType: 96, ssrc: 1, sequenceNumber: 0xabcd, timestamp: 1000, marker: true },
    payload: Buffer.from([1, 2, 3]),
  });
});

t.test('a probe repeats nothing', async (t) => {
  for (const bytes of [[], [0], [0, 1]]) {
    t.equal(readRetransmission({ ...repeated, payload: Buffer.from(bytes) }, { payloadType: 96, ssrc: 1 }), undefined);
  }
});
