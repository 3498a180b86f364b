import t from 'tap';
import { readVp8FrameSize } from '../../../src/media/rtp/vp8-frame-size.ts';

t.test('keyframes have their size, without the scaling', async (t) => {
  const key = Buffer.from([0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x81]);
  t.same(readVp8FrameSize(key), { width: 640, height: 360 });
  t.equal(readVp8FrameSize(key.subarray(0, 9)), undefined, 'cut off');
  t.equal(readVp8FrameSize(Buffer.alloc(10, 0x11)), undefined, 'no keyframe');
  const empty = Buffer.from(key);
  empty.writeUInt16LE(0, 8);
  t.equal(readVp8FrameSize(empty), undefined, 'no pixel');
});
