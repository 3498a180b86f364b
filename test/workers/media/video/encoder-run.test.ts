import t, { type Test } from 'tap';
import { monotonicClock } from '../../../../workers/media/monotonic-clock.ts';
import type { Effort } from '../../../../workers/media/video/encoder-load.ts';
import { type EncodedFrame, EncoderRun } from '../../../../workers/media/video/encoder-run.ts';
import { black, createPicture } from '../../../../workers/media/video/picture.ts';
import { testSettings } from '../running-worker.ts';

const [width, height, frames] = [1280, 720, 6];
const picture = createPicture(width, height, black);

/** Encodes a few frames. */
async function encode(t: Test, effort: Effort) {
  const records: Buffer[] = [];
  const out: EncodedFrame[] = [];
  const run = new EncoderRun({
    ...{ settings: { ...testSettings, width, height }, effort, firstTick: 0, clock: monotonicClock },
    onConfiguration: (record) => records.push(Buffer.from(record)),
    onFrame: (frame) => out.push(frame),
  });
  run.write({ picture, holders: 0 }, frames * effort.step - 1);
  const end = await run.finish();
  t.equal(end.code, 0, run.lastLines.join());
  return { records, out };
}

t.test('whatever the effort, the decoder configuration is the same', async (t) => {
  const efforts: Effort[] = [
    { step: 1, preset: 'veryfast' },
    { step: 2, preset: 'veryfast' },
    { step: 2, preset: 'ultrafast' },
  ];
  const runs = [];
  for (const effort of efforts) runs.push(await encode(t, effort));
  for (const [index, { records, out }] of runs.entries()) {
    t.same(records, runs[0]?.records);
    t.equal(records.length, 1);
    const { step = 1 } = efforts[index] ?? {};
    t.same(
      out.map(({ tick, ticks, keyframe }) => [tick, ticks, keyframe]),
      Array.from({ length: frames }, (_, frame) => [frame * step, step, frame === 0]),
    );
  }
});
