import t from 'tap';
import { H264Relay, startsBidirectional } from '../../../src/component/rtsp/h264-relay.ts';
import { VideoOutput } from '../../../src/component/rtsp/video-output.ts';
import { H264Depacketizer } from '../../../src/media/rtp/h264-depacketizer.ts';
import { aggregate, packetizeAccessUnit } from '../../../src/media/rtp/h264-packetizer.ts';
import { ParameterSets } from '../../../src/media/rtp/parameter-sets.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { delimiter, filler, pps, sei, slice, sps } from '../../media/rtp/nal-samples.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';

const idr = slice('I', { idr: true });
const p = slice('P');

function open(known: Buffer[] = [sps, pps]) {
  const target = new RecordedTarget();
  const output = new VideoOutput({ target, clock: new HeldClock(), askSource: () => undefined });
  const sets = new ParameterSets();
  for (const nal of known) sets.remember(nal);
  const relay = new H264Relay(output, sets);
  const push = (timestamp: number, ...payloads: Buffer[]) => {
    for (const [index, payload] of payloads.entries()) {
      relay.push({ payload, marker: index === payloads.length - 1, timestamp }, 0);
    }
  };
  /** The units that come out, in hexadecimal. */
  const units = () => {
    const depacketizer = new H264Depacketizer();
    return target.packets.flatMap((packet) => depacketizer.push(packet)).map((nal) => nal.toString('hex'));
  };
  return { target, relay, push, units };
}

const hex = (...nals: Buffer[]) => nals.map((nal) => nal.toString('hex'));

t.test('nothing is sent before the first keyframe, which gets the parameter sets that it lacks', async (t) => {
  const { push, units, target } = open();
  push(0, p);
  push(3600, idr);
  push(7200, p);
  push(10_800, idr);
  t.same(units(), hex(sps, pps, idr, p, sps, pps, idr));
  t.same(target.times, [0, 0, 3600, 7200, 7200]);
  t.same(
    target.packets.map(({ marker }) => marker),
    [false, true, true, false, true],
  );
});

t.test('parameter sets of the stream are not sent twice', async (t) => {
  for (const description of [[sps, pps], [aggregate([sps, pps])], [sps, pps, sei]]) {
    const { push, units } = open([]);
    push(0, ...description, idr);
    t.same(units().slice(0, 2), hex(sps, pps));
    t.equal(units().at(-1), hex(idr)[0]);
    push(3600, ...description, idr);
    t.equal(units().filter((unit) => unit === hex(sps)[0]).length, 2);
  }
  const { push, units } = open([]);
  push(0, aggregate([sps, pps, idr]));
  t.same(units(), hex(sps, pps, idr));
});

t.test('a keyframe is one although its timestamp is that of the frame before', async (t) => {
  const { push, units } = open();
  push(0, idr);
  push(0, p);
  push(0, idr);
  t.same(units(), hex(sps, pps, idr, p, sps, pps, idr));
});

t.test('newer parameter sets replace those of the description', async (t) => {
  const other = Buffer.from([...pps.subarray(0, 2), 0x77]);
  const { push, units } = open();
  push(0, other, idr);
  t.same(units(), hex(sps, other, idr));
});

t.test('a keyframe without any parameter sets is not one', async (t) => {
  const { push, target } = open([]);
  push(0, idr);
  push(3600, p);
  t.equal(target.packets.length, 0);
});

t.test('delimiters and filler take no sequence number; a marker is kept', async (t) => {
  const { push, units, target } = open();
  push(0, delimiter, idr);
  push(3600, delimiter, filler, p);
  push(7200, p, filler);
  push(10_800, aggregate([delimiter, sei]), p);
  t.same(units(), hex(sps, pps, idr, p, p, Buffer.from([0x0c, 0x80]), sei, p));
  t.same(
    target.numbers,
    target.numbers.map((_, index) => index),
  );
  t.equal(target.packets.filter(({ marker }) => marker).length, 4);
});

t.test('payloads that are too large are fragmented', async (t) => {
  const large = slice('I', { idr: true, length: 60_000 });
  const { push, units, target } = open();
  push(0, large);
  push(3600, ...packetizeAccessUnit([large], 30_000));
  t.same(units(), hex(sps, pps, large, sps, pps, large));
  t.ok(target.packets.every(({ payload }) => payload.length <= 1200));
  t.equal(target.packets.filter(({ marker }) => marker).length, 2);
});

t.test('losses are passed on once the relay runs', async (t) => {
  const { relay, target, push } = open();
  relay.push({ payload: p, marker: true, timestamp: 0 }, 7);
  push(3600, idr);
  relay.push({ payload: p, marker: true, timestamp: 7200 }, 2);
  t.same(target.numbers, [0, 1, 4]);
});

t.test('after a restart of the source it waits for a keyframe', async (t) => {
  const { relay, push, units } = open();
  push(0, idr);
  relay.restart();
  push(3600, p);
  push(7200, idr);
  t.same(units(), hex(sps, pps, idr, sps, pps, idr));
});

t.test('invalid payloads are ignored', async (t) => {
  const { push, target } = open();
  push(0, idr);
  const before = target.packets.length;
  push(
    3600,
    Buffer.from([0]),
    Buffer.from([25, 1, 2]),
    Buffer.from([28]),
    Buffer.from([28, 0x85]),
    Buffer.from([24, 0xff]),
    p,
  );
  t.equal(target.packets.length, before + 1);
});

t.test('B slices are found in packets of every kind', async (t) => {
  const b = slice('B', { length: 3000 });
  t.equal(startsBidirectional(slice('B')), true);
  t.equal(startsBidirectional(aggregate([sei, slice('B')])), true);
  t.same(packetizeAccessUnit([b]).map(startsBidirectional), [true, false, false]);
  t.equal(startsBidirectional(p), false);
});
