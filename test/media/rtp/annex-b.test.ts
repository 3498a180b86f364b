import t from 'tap';
import { AnnexBSplitter, toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { pps, slice, sps } from './nal-samples.ts';

function split(stream: Buffer, chunkLength: number): Buffer[] {
  const splitter = new AnnexBSplitter();
  const nals: Buffer[] = [];
  for (let at = 0; at < stream.length; at += chunkLength)
    nals.push(...splitter.push(stream.subarray(at, at + chunkLength)));
  return [...nals, ...splitter.flush()];
}

t.test('units are read however the stream is cut', async (t) => {
  const nals = [sps, pps, slice('I', { length: 100 }), slice('P')];
  const short = Buffer.concat([Buffer.from([0, 0, 1]), sps, Buffer.from([0, 0, 0, 0, 0, 1]), pps, Buffer.alloc(5)]);
  for (const chunkLength of [1, 2, 3, 4, 5, 7, 64, 1000]) {
    t.same(split(toAnnexB(nals), chunkLength), nals, `chunks of ${chunkLength}`);
    t.same(split(short, chunkLength), [sps, pps], `other start codes, chunks of ${chunkLength}`);
  }
});

t.test('bytes before the first start code are not a unit', async (t) => {
  t.same(split(Buffer.concat([Buffer.from('rubbish'), toAnnexB([sps])]), 4), [sps]);
  t.same(split(Buffer.from('rubbish'), 4), []);
});

t.test('a stream without start codes is refused', async (t) => {
  for (const byte of [0, 7]) {
    const splitter = new AnnexBSplitter();
    const chunk = Buffer.alloc(1024 * 1024, byte);
    t.throws(() => {
      for (let megabytes = 0; megabytes < 9; megabytes += 1) splitter.push(chunk);
    }, RangeError);
  }
});
