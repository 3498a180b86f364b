import t from 'tap';
import type { RawFrame } from '../../../../workers/composer/video/raw-frame.ts';
import { RawFrameReader } from '../../../../workers/composer/video/raw-frame-reader.ts';

t.test('frames are read whole, into reused buffers', async (t) => {
  const frames: RawFrame[] = [];
  const reader = new RawFrameReader({ width: 4, height: 2 }, (frame) => frames.push(frame));
  const bytes = Buffer.from(Array.from({ length: 36 }, (_, index) => index));
  for (const [start, end] of [
    [0, 5],
    [5, 25],
    [25, 36],
  ]) {
    reader.push(bytes.subarray(start, end));
  }
  t.same(
    frames.map(({ data }) => data[0]),
    [0, 12, 24],
  );
  const [first] = frames;
  if (!first) return t.fail('no frame');
  reader.recycle(first);
  reader.recycle({ width: 2, height: 2, data: Buffer.alloc(6) });
  reader.push(Buffer.alloc(24, 7));
  t.equal(frames[4]?.data, first.data);
  t.equal(frames[3]?.data.length, 12);
});
