import { pino } from 'pino';
import t, { type Test } from 'tap';
import { VideoOutput } from '../../../src/component/rtsp/video-output.ts';
import { VideoRelay } from '../../../src/component/rtsp/video-relay.ts';
import { packetizeAccessUnit } from '../../../src/media/rtp/h264-packetizer.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { pps, slice, sps } from '../../media/rtp/nal-samples.ts';
import { RecordedTarget } from '../../media/rtp/recorded-target.ts';
import { bFrames } from './b-frames.ts';

const idr = slice('I', { idr: true });
const p = slice('P');

class Relaying {
  readonly target = new RecordedTarget();
  bidirectional = 0;
  failures = 0;
  readonly relay: VideoRelay;
  #changed = () => undefined as unknown;
  #number = 0;

  constructor(t: Test, options: { parameterSets?: readonly Buffer[]; bidirectional?: boolean } = {}) {
    const { target } = this;
    const { send } = target;
    target.send = (packet) => {
      send.call(target, packet);
      this.#changed();
    };
    this.relay = new VideoRelay({
      output: new VideoOutput({ target, clock: new HeldClock(), askSource: () => undefined }),
      parameterSets: [],
      bidirectional: false,
      ...options,
      logger: pino({ enabled: false }),
      clock: new HeldClock(),
      onBidirectional: () => {
        this.bidirectional += 1;
      },
      onFailure: () => {
        this.failures += 1;
        this.#changed();
      },
    });
    t.teardown(() => this.relay.close());
  }

  /** One picture. */
  push(nals: readonly Buffer[], timestamp: number): void {
    const payloads = packetizeAccessUnit(nals);
    for (const [index, payload] of payloads.entries()) {
      const packet = { payloadType: 96, ssrc: 1, sequenceNumber: this.#number & 0xffff, timestamp, payload };
      this.relay.push({ ...packet, marker: index === payloads.length - 1 }, 0);
      this.#number += 1;
    }
  }

  get pictures(): number {
    return this.target.packets.filter(({ marker }) => marker).length;
  }

  async until(happened: () => boolean): Promise<void> {
    while (!happened()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve as () => unknown;
      });
    }
  }
}

t.test('without B slices packets pass through, with the parameter sets of the description', async (t) => {
  const relaying = new Relaying(t, { parameterSets: [sps, pps] });
  relaying.push([p], 0);
  relaying.push([idr], 3600);
  for (let picture = 2; picture < 80; picture += 1) relaying.push([p], picture * 3600);
  const times = Array.from({ length: 79 }, (_, index) => index * 3600);
  t.same(relaying.target.times, [0, ...times], 'the sets share the time of the keyframe');
  t.same(relaying.target.packets.at(-1)?.payload, p);
  t.equal(relaying.bidirectional, 0);
});

t.test('the first B slice sends everything since the keyframe through ffmpeg, with the original times', async (t) => {
  const relaying = new Relaying(t);
  const pictures = await bFrames(61);
  for (const { unit, place } of pictures) relaying.push(unit.nals, place * 3600);
  t.equal(relaying.bidirectional, 1);
  const before = relaying.pictures;
  t.ok(before < 5, `${before} pictures had gone out`);
  await relaying.until(() => relaying.pictures >= before + 50);
  const times = [...new Set(relaying.target.times)].slice(-45);
  t.ok(
    times.every((time, index) => index === 0 || time - (times[index - 1] ?? 0) === 3600),
    'one after the other',
  );
  t.equal(relaying.failures, 0);
});

t.test('a source known to have B slices is transcoded from the start', async (t) => {
  const relaying = new Relaying(t, { bidirectional: true });
  for (const { unit, place } of await bFrames(31)) relaying.push(unit.nals, place * 3600);
  await relaying.until(() => relaying.pictures >= 20);
  t.equal(relaying.bidirectional, 0, 'which is no news');
  t.equal(relaying.target.times[0], 0);
});

t.test('a restarted source needs nothing unless a transcoder holds frames', async (t) => {
  const plain = new Relaying(t, { parameterSets: [sps, pps] });
  plain.push([idr], 0);
  plain.relay.restart();
  const sent = plain.target.packets.length;
  plain.push([p], 90_000);
  t.equal(plain.target.packets.length, sent, 'it waits for a keyframe again');
  t.equal(plain.failures, 0);
  const transcoding = new Relaying(t, { bidirectional: true });
  transcoding.relay.restart();
  t.equal(transcoding.failures, 1);
});
