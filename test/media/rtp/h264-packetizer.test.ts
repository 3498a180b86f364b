import t from 'tap';
import { H264RtpPayload } from 'werift';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import {
  aggregate,
  packetizeAccessUnit,
  payloadLimit,
  splitPayload,
  unitsOfAggregate,
} from '../../../src/media/rtp/h264-packetizer.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { delimiter, filler, pps, sei, slice, sps } from './nal-samples.ts';

/** The units in these payloads. */
function unitsOf(payloads: readonly Buffer[]): Buffer[] {
  const depacketizer = new H264Depacketizer();
  return payloads.flatMap((payload, sequenceNumber) => depacketizer.push({ payload, sequenceNumber }));
}

t.test('parameter sets and SEI share a packet, slices have their own', async (t) => {
  const idr = slice('I', { idr: true });
  const second = slice('I', { idr: true, first: false });
  const payloads = packetizeAccessUnit([delimiter, sps, pps, sei, filler, idr, second]);
  t.same(payloads.map(typeOf), [nalType.stapA, nalType.idrSlice, nalType.idrSlice]);
  t.same(unitsOf(payloads), [sps, pps, sei, idr, second], 'delimiters and filler are left out');
  t.same(payloads[0]?.readUInt8(0), 0x78, 'as important as the most important of them');
});

t.test('a single parameter set is sent as it is', async (t) => {
  t.same(packetizeAccessUnit([sps]), [sps]);
});

t.test('large slices are fragmented within the limit and can be reassembled', async (t) => {
  for (const length of [payloadLimit - 2, payloadLimit - 1, 5000, 2 * (payloadLimit - 2) - 1]) {
    const large = slice('P', { length });
    const payloads = packetizeAccessUnit([large]);
    t.ok(
      payloads.every((payload) => payload.length <= payloadLimit && payload.length > 2),
      `${length}`,
    );
    t.equal(payloads.length, large.length <= payloadLimit ? 1 : Math.ceil((large.length - 1) / (payloadLimit - 2)));
    t.same(unitsOf(payloads), [large]);
  }
});

t.test('another implementation reassembles our fragments', async (t) => {
  const large = slice('P', { length: 4000 });
  let fragment: Buffer | undefined;
  let unit: Buffer | undefined;
  for (const payload of packetizeAccessUnit([large])) {
    const read = H264RtpPayload.deSerialize(payload, fragment);
    fragment = read.fragment;
    unit = read.payload;
  }
  t.same(unit?.subarray(4), large);
});

t.test('many parameter sets take several packets; a huge SEI is fragmented', async (t) => {
  const many = Array.from({ length: 10 }, (_, index) => Buffer.concat([sps, Buffer.alloc(300, index + 1)]));
  const huge = Buffer.concat([sei, Buffer.alloc(3000, 9)]);
  const payloads = packetizeAccessUnit([...many, huge]);
  t.ok(payloads.every((payload) => payload.length <= payloadLimit));
  t.same(unitsOf(payloads), [...many, huge]);
});

t.test('packets from elsewhere are split to size', async (t) => {
  const large = slice('P', { length: 60_000 });
  t.same(unitsOf(splitPayload(large)), [large], 'a single unit');
  const fragments = packetizeAccessUnit([large], 20_000).flatMap((payload) => splitPayload(payload));
  t.ok(fragments.every((payload) => payload.length <= payloadLimit));
  t.same(unitsOf(fragments), [large], 'fragments');
  const units = [sps, pps, slice('I', { idr: true, length: 2000 })];
  t.same(unitsOf(splitPayload(aggregate(units))), units, 'an aggregate');
  t.same(splitPayload(sps), [sps]);
});

t.test('an aggregate with wrong lengths is refused', async (t) => {
  t.same(unitsOfAggregate(Buffer.concat([aggregate([sps, pps]), Buffer.from([0xff, 0xff, 1])])), [sps, pps]);
  t.same(unitsOfAggregate(Buffer.from([0x78, 0, 0, 0, 0])), []);
});

t.test('an aggregate of very many units is read in part: each of them costs work', async (t) => {
  const tiny = Array.from({ length: 20_000 }, () => Buffer.from([1]));
  t.equal(unitsOfAggregate(aggregate(tiny)).length, 256);
  t.ok(splitPayload(aggregate(tiny)).length <= 256);
});
