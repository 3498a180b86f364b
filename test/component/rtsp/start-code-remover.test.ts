import t from 'tap';
import { StartCodeRemover } from '../../../src/component/rtsp/start-code-remover.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import { aggregate, splitPayload } from '../../../src/media/rtp/h264-packetizer.ts';
import { pps, sei, slice, sps } from '../../media/rtp/nal-samples.ts';

const idr = slice('I', { idr: true, length: 3000 });
const code = Buffer.from([0, 0, 1]);

function open() {
  const remover = new StartCodeRemover();
  let sequenceNumber = 0;
  return (payload: Buffer, marker = false, lost = 0) => {
    sequenceNumber += 1 + lost;
    return remover.push({ payloadType: 96, ssrc: 1, sequenceNumber, timestamp: 0, payload, marker });
  };
}

/** The units of payloads, in order and without losses. */
function unitsOf(payloads: readonly Buffer[]): Buffer[] {
  const push = open();
  const depacketizer = new H264Depacketizer();
  const packets = payloads.flatMap((payload) => push(payload));
  return packets.flatMap((packet) => depacketizer.push(packet));
}

t.test('proper packets pass as they are, at once', async (t) => {
  const push = open();
  for (const payload of [
    sps,
    aggregate([sps, pps, sei]),
    ...splitPayload(idr),
    slice('P'),
    Buffer.alloc(0),
    Buffer.alloc(2),
  ]) {
    const [packet, ...more] = push(payload, true);
    t.equal(packet?.payload, payload);
    t.equal(packet?.marker, true);
    t.equal(more.length, 0);
  }
});

t.test('units that are glued are cut, wherever the packets are', async (t) => {
  const slices = [
    idr,
    slice('I', { idr: true, first: false, length: 2000 }),
    slice('I', { idr: true, first: false, length: 50 }),
  ];
  for (let limit = 900; limit < 1000; limit += 1) {
    const payloads = splitPayload(toAnnexB(slices).subarray(4), limit);
    // The first time a start code may lie on the border of two packets: that is known from the second frame on.
    t.same(unitsOf([...payloads, ...payloads]).slice(-3), slices, `packets of ${limit} bytes`);
  }
  t.same(unitsOf([toAnnexB([sps, pps, slice('P')])]), [sps, pps, slice('P')]);
});

t.test('the marker bit stays on the last unit', async (t) => {
  const packets = open()(toAnnexB([sps, pps, slice('P')]), true);
  t.same(
    packets.map(({ marker }) => marker),
    [false, false, true],
  );
});

t.test('a unit with a lost packet is left out', async (t) => {
  const push = open();
  const [first = code, second = code, third = code] = splitPayload(toAnnexB([sps, pps, idr]));
  t.same(push(first), []);
  t.same(push(third, true, 1), []);
  t.same(
    [first, second, third].flatMap((payload) => push(payload)).map(({ payload }) => payload),
    [sps, pps, idr],
  );
});

t.test('bytes that only look like a start code stay', async (t) => {
  // No unit begins with such a byte.
  for (const header of [0x00, 0x80, 0xff, 0x1f]) {
    const unit = Buffer.concat([sei, code, Buffer.from([header, 1])]);
    t.same(unitsOf([unit]), [unit]);
  }
});

t.test('thousands of start codes are a limited number of units', async (t) => {
  const bytes = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.concat([code, pps])));
  t.ok(open()(bytes).length <= 256);
});
