import { Decoder } from '@evan/opus';
import t from 'tap';
import { PcmRelay } from '../../../src/component/rtsp/pcm-relay.ts';
import { OutgoingStream } from '../../../src/media/rtp/outgoing-stream.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';

function open() {
  const target = new RecordedTarget(48_000);
  const stream = new OutgoingStream(target, new HeldClock());
  stream.timeline.restart(8000);
  return { target, relay: new PcmRelay({ encoding: 'pcma', rate: 8000, channels: 1 }, stream) };
}

/** A rectangle of 400 Hz, as loud as it gets. @param from sample number */
function tone(from: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => ((from + index) % 20 < 10 ? 0xaa : 0x2a)));
}

t.test('packets of any length become 20 ms of Opus', async (t) => {
  const { target, relay } = open();
  let position = 0;
  for (const length of [80, 80, 160, 240, 240, 320, 160]) {
    relay.push({ payload: tone(position, length), timestamp: 5000 + position }, 0);
    position += length;
  }
  t.same(
    target.times,
    Array.from({ length: 8 }, (_, index) => index * 960),
  );
  const decoder = new Decoder({ channels: 1, sample_rate: 8000 });
  const samples = target.packets.flatMap(({ payload }) => {
    const pcm = decoder.decode(payload);
    return [...new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2)];
  });
  t.equal(samples.length, 8 * 160);
  const late = samples.slice(320);
  const crossings = late.filter((sample, index) => index > 0 && sample >= 0 && (late[index - 1] ?? 0) < 0).length;
  t.ok(Math.abs(crossings - 48) <= 2, `${crossings} periods in 120 ms`);
  t.ok(Math.max(...late) > 10_000, 'loud');
});

t.test('after a loss or a jump a new packet starts at the new time', async (t) => {
  const { target, relay } = open();
  relay.push({ payload: tone(0, 240), timestamp: 0 }, 0);
  relay.push({ payload: tone(0, 160), timestamp: 480 }, 1);
  relay.push({ payload: tone(0, 160), timestamp: 8000 }, 0);
  t.same(target.times, [0, 480 * 6, 8000 * 6]);
  t.same(target.numbers, [0, 2, 3]);
});

t.test('packets of impossible length are dropped', async (t) => {
  const { target, relay } = open();
  relay.push({ payload: Buffer.alloc(60_000), timestamp: 0 }, 0);
  t.same(target.packets, []);
});
