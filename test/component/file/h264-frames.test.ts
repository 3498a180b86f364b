import { Readable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import type { Frame, FrameTrack } from '../../../src/component/file/frame.ts';
import { h264Track, timedFrames } from '../../../src/component/file/h264-frames.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { pps, slice, sps } from '../../media/rtp/nal-samples.ts';

const idr = slice('I', { idr: true });
const p = slice('P');
const log: { level: number; msg: string }[] = [];
const logger = pino({ level: 'info' }, { write: (line) => log.push(JSON.parse(line)) });

async function track(...nals: Buffer[]): Promise<FrameTrack> {
  const frames = timedFrames(Readable.from([toAnnexB(nals)]), 25);
  return await h264Track(frames, { codec: 'h264', logger, signal: new AbortController().signal });
}

async function frames(...nals: Buffer[]): Promise<Frame[]> {
  return await Readable.from((await track(...nals)).frames).toArray();
}

t.test('frames are passed through in order', async (t) => {
  const played = await frames(sps, pps, idr, p, p);
  t.match(played, [
    { time: 0, duration: 0.04, key: true },
    { time: 0.04, duration: 0.04, key: false },
    { time: 0.08, duration: 0.04, key: false },
  ]);
  t.same(played[1]?.payloads, [p]);
});

t.test('keyframes get the parameter sets that they lack', async (t) => {
  const played = await frames(sps, pps, idr, p, idr);
  t.same(
    played.map(({ payloads }) => payloads.map(typeOf)),
    [[nalType.stapA, nalType.idrSlice], [nalType.slice], [nalType.stapA, nalType.idrSlice]],
  );
});

t.test('frames before the first parameter sets are dropped', async (t) => {
  const played = await frames(p, p, idr, p, sps, pps, idr, p);
  t.match(played, [
    { time: 0.16, key: true },
    { time: 0.2, key: false },
  ]);
  t.equal(played.length, 2);
});

t.test('bytes that only look like frames are ignored', async (t) => {
  for (const nals of [[], [p, p, p], [idr, p], [sps, idr, p], [pps, idr], [sps, pps]]) {
    await t.rejects(track(...nals), { message: 'The file has no video frame.' });
  }
});

t.test('B slices after the first fifty frames are logged once', async (t) => {
  const many = Array.from({ length: 60 }, () => p);
  t.equal((await frames(sps, pps, idr, ...many, slice('B'), slice('B'))).length, 63);
  t.equal(log.filter(({ msg }) => msg.startsWith('A file has B-frames after its first frames')).length, 1);
});
