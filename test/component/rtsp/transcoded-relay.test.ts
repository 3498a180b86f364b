import { EventEmitter } from 'node:events';
import t from 'tap';
import { AacFraming } from '../../../src/component/rtsp/audio-framing.ts';
import { TranscodedRelay } from '../../../src/component/rtsp/transcoded-relay.ts';
import type { AudioToOpus, AudioToOpusEvents } from '../../../src/ffmpeg/audio-to-opus.ts';
import { parseAacConfig } from '../../../src/media/aac-config.ts';
import { OutgoingStream } from '../../../src/media/rtp/outgoing-stream.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';

/** 48 kHz, stereo: one access unit is 1024 samples, some 21 ms. */
const config = parseAacConfig(Buffer.from('1190', 'hex'));
const unitLength = 1024;

/** In place of ffmpeg: says when Opus comes out. */
class HeldConverter {
  readonly observer = new EventEmitter<AudioToOpusEvents>();
  readonly written: Buffer[] = [];
  full = false;

  write(unit: Buffer): boolean {
    if (!this.full) this.written.push(unit);
    return !this.full;
  }

  /** @param position in samples of 48 kHz */
  give(position: number): void {
    this.observer.emit('packet', Buffer.from([position >> 8, position & 0xff]), position);
  }

  async close(): Promise<void> {}
}

function open() {
  if (!config) throw new Error('no config');
  const target = new RecordedTarget(48_000);
  const clock = new HeldClock();
  const stream = new OutgoingStream(target, clock);
  stream.timeline.restart(48_000);
  const converter = new HeldConverter();
  const relay = new TranscodedRelay(converter as unknown as AudioToOpus, new AacFraming(config), 48_000, stream);
  /** One packet with so many access units of 100 bytes. */
  const push = (timestamp: number, units = 1, lost = 0) => {
    const headers = Buffer.alloc(2 + 2 * units);
    headers.writeUInt16BE(16 * units, 0);
    for (let unit = 0; unit < units; unit += 1) headers.writeUInt16BE(100 << 3, 2 + 2 * unit);
    relay.push({ payload: Buffer.concat([headers, Buffer.alloc(100 * units, 1)]), timestamp }, lost);
  };
  return { target, clock, converter, relay, push };
}

t.test('the output has the times of the input', async (t) => {
  const { target, converter, push } = open();
  push(5000, 2);
  push(5000 + 2 * unitLength, 1);
  t.equal(converter.written.length, 3);
  for (const position of [0, 960, 1920]) converter.give(position);
  t.same(target.times, [0, 960, 1920]);
});

t.test('a gap in the source is a gap in the times, not in the sequence numbers', async (t) => {
  const { target, converter, push } = open();
  push(0);
  push(unitLength + 48_000, 1, 40);
  converter.give(0);
  converter.give(960);
  converter.give(1920);
  t.same(target.times, [0, 960, 48_000 + 1920], 'a second later');
  t.same(target.numbers, [0, 1, 2]);
});

t.test('units that the converter does not accept are not counted', async (t) => {
  const { target, converter, push } = open();
  push(0);
  converter.full = true;
  for (let unit = 1; unit <= 10; unit += 1) push(unit * unitLength);
  converter.full = false;
  push(11 * unitLength);
  converter.give(0);
  converter.give(unitLength);
  t.same(target.times, [0, 11 * unitLength]);
});

t.test('a restarted converter starts to count again', async (t) => {
  const { target, converter, push } = open();
  push(0);
  converter.give(0);
  converter.observer.emit('restarted');
  converter.give(0);
  t.equal(target.packets.length, 1, 'nothing is known of it');
  push(unitLength);
  converter.give(0);
  t.same(target.times, [0, unitLength]);
});

t.test('a restarted source continues after what was sent', async (t) => {
  const { target, clock, converter, relay, push } = open();
  push(4_000_000_000);
  converter.give(0);
  relay.restart();
  clock.advance(1000);
  push(7);
  converter.give(960);
  t.equal(target.packets.length, 1, 'what was still in the converter has no time any more');
  converter.give(unitLength);
  t.same(target.times, [0, 48_000]);
});
