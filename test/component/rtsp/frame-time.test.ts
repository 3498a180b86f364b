import t from 'tap';
import { readFrameTime, writeFrameTime } from '../../../src/component/rtsp/frame-time.ts';
import { AnnexBSplitter, toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { nalType, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { sei, slice } from '../../media/rtp/nal-samples.ts';

t.test('a timestamp there and back, through a byte stream', async (t) => {
  for (const timestamp of [0, 1, 3600, 0x01_00_00_01, 2 ** 31, 2 ** 32 - 1]) {
    const nal = writeFrameTime(timestamp);
    t.equal(typeOf(nal), nalType.sei);
    const splitter = new AnnexBSplitter();
    t.same([...splitter.push(toAnnexB([nal, slice('P')])), ...splitter.flush()], [nal, slice('P')]);
    t.equal(readFrameTime(nal), timestamp);
  }
});

t.test('other units say nothing', async (t) => {
  const nal = writeFrameTime(5);
  for (const other of [sei, slice('P'), Buffer.alloc(0), nal.subarray(0, 20), nal.map((byte) => byte ^ 1)]) {
    t.equal(readFrameTime(Buffer.from(other)), undefined);
  }
});
