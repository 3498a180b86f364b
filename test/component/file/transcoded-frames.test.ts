import { Readable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import type { Frame } from '../../../src/component/file/frame.ts';
import { transcodedFrames } from '../../../src/component/file/transcoded-frames.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { ProcessError } from '../../../src/process/process-error.ts';
import { bFrames, type OrderedFrame } from '../rtsp/b-frames.ts';

const logger = pino({ enabled: false });
const signal = new AbortController().signal;
const input = ['-f', 'h264', '-framerate', '30'];

/** Pictures that last for a second each. */
async function transcoded(pictures: readonly OrderedFrame[], codec: 'h264' | 'vp8'): Promise<Frame[]> {
  const encoded = pictures.map(({ unit, place }) => ({ data: toAnnexB(unit.nals), time: place, duration: 1 }));
  return await Readable.from(transcodedFrames(Readable.from(encoded), { input, codec, logger, signal })).toArray();
}

t.test('every frame comes in presentation order at its time', async (t) => {
  const pictures = await bFrames(31);
  for (const codec of ['h264', 'vp8'] as const) {
    const frames = await transcoded(pictures, codec);
    t.same(
      frames.map(({ time }) => time),
      pictures.map((_, index) => index),
      codec,
    );
    t.ok(frames[0]?.key);
  }
});

t.test('frames before the first keyframe of a cut file are dropped', async (t) => {
  const open = ['-g', '15', '-x264-params', 'open-gop=1:keyint=15:min-keyint=15:scenecut=0'];
  const whole = await bFrames(61, open);
  const begin = whole.findIndex(({ unit }, index) => index > 0 && unit.nals.some((nal) => typeOf(nal) === nalType.sps));
  const pictures = whole.slice(begin);
  const first = pictures[0]?.place ?? 0;
  const leading = pictures.filter(({ place }) => place < first);
  t.ok(leading.length > 0, 'there are some');
  const frames = await transcoded(pictures, 'h264');
  t.same(
    frames.map(({ time }) => time),
    Array.from({ length: pictures.length - leading.length }, (_, index) => first + index),
  );
});

t.test('a file without video fails', async (t) => {
  const rubbish = Readable.from([{ data: Buffer.alloc(100_000, 'rubbish '), time: 0, duration: 1 }]);
  await t.rejects(
    Readable.from(transcodedFrames(rubbish, { input, codec: 'h264', logger, signal })).toArray(),
    ProcessError,
  );
});
