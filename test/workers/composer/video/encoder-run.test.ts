import t, { type Test } from 'tap';
import { monotonicClock } from '../../../../workers/composer/monotonic-clock.ts';
import type { Preset } from '../../../../workers/composer/video/encoder-load.ts';
import { type EncodedFrame, EncoderRun } from '../../../../workers/composer/video/encoder-run.ts';
import { black, createFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { testSettings } from '../running-composer.ts';

interface Encoding {
  readonly preset?: Preset;
  readonly frameRate?: number;
  readonly width?: number;
  readonly height?: number;
  readonly firstTick?: number;
}

/** Ticks up to which a canvas is written, and with which step. */
type Steps = readonly (readonly [tick: number, step: number])[];

async function encode(t: Test, steps: Steps, encoding: Encoding = {}) {
  const { preset = 'veryfast', frameRate = 30, width = 320, height = 180, firstTick = 0 } = encoding;
  const records: Buffer[] = [];
  const out: EncodedFrame[] = [];
  const run = new EncoderRun({
    ...{ settings: { ...testSettings, width, height, frameRate }, preset, firstTick, clock: monotonicClock },
    onConfiguration: (record) => records.push(Buffer.from(record)),
    onFrame: (frame) => out.push(frame),
  });
  const canvas = { frame: createFrame(width, height, black), holders: 0 };
  for (const [tick, step] of steps) run.write(canvas, tick, step);
  const end = await run.finish();
  t.equal(end.code, 0, run.lastLines.join());
  t.equal(canvas.holders, 0);
  return { records, out };
}

t.test('the decoder configuration does not depend on the preset', async (t) => {
  const runs = [];
  for (const preset of ['veryfast', 'superfast', 'ultrafast'] as const) {
    runs.push(await encode(t, [[5, 1]], { preset, width: 1280, height: 720 }));
  }
  for (const { records } of runs) {
    t.same(records, runs[0]?.records);
    t.equal(records.length, 1);
  }
});

t.test('each frame lasts until the next, and keyframes are on time however many frames are missing', async (t) => {
  for (const [frameRate, part] of [
    [24, 6],
    [30, 8],
  ] as const) {
    const [second, minute] = [frameRate, 60 * frameRate];
    // all, half of them, those that cannot be left out, half again, all
    const steps: Steps = [
      [minute + second - 1, 1],
      [minute + 3 * second, 2],
      [minute + 7 * second + 1, 1000],
      [minute + 9 * second, 2],
      [minute + 10 * second - 1, 1],
    ];
    const { out } = await encode(t, steps, { frameRate, firstTick: minute - 5 });
    const rate = `${frameRate} frames per second`;
    t.equal(out[0]?.tick, minute - 5, rate);
    t.same(
      out.filter(({ tick }, index) => index > 0 && tick !== (out[index - 1]?.tick ?? 0) + (out[index - 1]?.ticks ?? 0)),
      [],
      `${rate}: no hole`,
    );
    t.same(
      out.flatMap(({ tick, keyframe }) => (keyframe ? [tick] : [])),
      [minute - 5, ...Array.from({ length: 10 }, (_, index) => minute + index * second)],
      `${rate}: a keyframe at the beginning and at each second of the program`,
    );
    t.equal(Math.max(...out.map(({ ticks }) => ticks)), part, `${rate}: no frame is longer than a part`);
    const sparse = out.filter(({ tick }) => tick > minute + 3 * second && tick < minute + 7 * second);
    t.ok(sparse.length <= 4 * 4 + 1, `${rate}: ${sparse.length} frames in four seconds`);
    t.ok(out.length > 2 * second + 3 * (second / 2), `${rate}: ${out.length} frames`);
  }
});
