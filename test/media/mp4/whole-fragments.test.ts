import t from 'tap';
import { initSegment } from '../../../src/media/mp4/init-segment.ts';
import { mediaFragment } from '../../../src/media/mp4/media-fragment.ts';
import { wholeFragments } from '../../../src/media/mp4/whole-fragments.ts';
import type { ProgramSample } from '../../../src/media/sample.ts';
import { format } from '../../component/hls/running-stream.ts';

const sample = (kind: ProgramSample['kind'], time: number, duration: number): ProgramSample => ({
  ...{ kind, time, duration, data: Buffer.alloc(50, 7), keyframe: true },
});

const first = mediaFragment(1, {
  video: [sample('video', 0, 3750), sample('video', 3750, 3751)],
  audio: [sample('audio', 0, 1024)],
});
const second = mediaFragment(2, { video: [sample('video', 7501, 3000)], audio: [] });
const both = Buffer.concat([first, second]);

t.test('a complete file is copied whole', async (t) => {
  t.strictSame(wholeFragments(both), { length: both.length, duration: 10_501 });
  t.strictSame(wholeFragments(Buffer.alloc(0)), { length: 0, duration: 0 });
});

t.test('a cut file is copied up to its last whole fragment', async (t) => {
  for (let size = 0; size < both.length; size += 1) {
    const expected = size < first.length ? { length: 0, duration: 0 } : { length: first.length, duration: 7501 };
    t.strictSame(wholeFragments(both.subarray(0, size)), expected, `${size} bytes`);
  }
});

t.test('a file without fragments gives nothing', async (t) => {
  for (const bytes of [initSegment(format()), Buffer.alloc(100), Buffer.from('0000000cmoof', 'latin1')]) {
    t.strictSame(wholeFragments(bytes), { length: 0, duration: 0 });
  }
});

t.test('a file is copied up to a fragment that promises more samples than it has', async (t) => {
  for (const samples of [1000, 0xffff_ffff]) {
    const damaged = Buffer.from(both);
    const table = damaged.indexOf('trun', first.length);
    damaged.writeUInt32BE(samples, table + 8);
    t.strictSame(wholeFragments(damaged), { length: first.length, duration: 7501 });
  }
});
