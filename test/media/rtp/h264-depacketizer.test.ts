import t from 'tap';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import { packetizeAccessUnit } from '../../../src/media/rtp/h264-packetizer.ts';
import { slice } from './nal-samples.ts';

const large = slice('P', { length: 5000 });
const small = slice('P');
const payloads = packetizeAccessUnit([large, small]);

t.test('a unit with a missing packet is dropped, the next one is not', async (t) => {
  for (const missing of [0, 1, payloads.length - 2]) {
    const depacketizer = new H264Depacketizer();
    const arrived = payloads.map((payload, index) => ({ payload, sequenceNumber: (65_534 + index) & 0xffff }));
    arrived.splice(missing, 1);
    t.same(
      arrived.flatMap((packet) => depacketizer.push(packet)),
      [small],
      `without packet ${missing}`,
    );
  }
});

t.test('sequence numbers wrap', async (t) => {
  const depacketizer = new H264Depacketizer();
  const units = payloads.flatMap((payload, index) =>
    depacketizer.push({ payload, sequenceNumber: (65_534 + index) & 0xffff }),
  );
  t.same(units, [large, small]);
});

t.test('garbage gives nothing', async (t) => {
  const depacketizer = new H264Depacketizer();
  const rubbish = [[], [0x7c], [0x7c, 0x80], [0x7c, 0x41, 1], [0x19, 1, 2], [0x00, 1], [0x1f]];
  for (const [sequenceNumber, bytes] of rubbish.entries()) {
    t.same(depacketizer.push({ payload: Buffer.from(bytes), sequenceNumber }), []);
  }
});

t.test('a unit without an end is dropped', async (t) => {
  const depacketizer = new H264Depacketizer();
  const middle = Buffer.concat([Buffer.from([0x7c, 0x01]), Buffer.alloc(64_000, 1)]);
  depacketizer.push({ payload: Buffer.concat([Buffer.from([0x7c, 0x81]), Buffer.alloc(10)]), sequenceNumber: 0 });
  for (let sequenceNumber = 1; sequenceNumber <= 140; sequenceNumber += 1) {
    depacketizer.push({ payload: middle, sequenceNumber });
  }
  t.same(depacketizer.push({ payload: Buffer.from([0x7c, 0x41, 1]), sequenceNumber: 141 }), []);
});

t.test('a unit of very many fragments is dropped although they are tiny: each takes memory', async (t) => {
  const depacketizer = new H264Depacketizer();
  const fragments = 50_000;
  const units = Array.from({ length: fragments }, (_, index) => {
    const edge = index === 0 ? 0x80 : index === fragments - 1 ? 0x40 : 0;
    return depacketizer.push({ payload: Buffer.from([0x7c, edge | 1, 7]), sequenceNumber: index & 0xffff });
  });
  t.same(units.flat(), []);
});
