import { Readable } from 'node:stream';
import t from 'tap';
import type { AccessUnit } from '../../../src/media/rtp/access-unit-assembler.ts';
import { accessUnits } from '../../../src/media/rtp/access-units.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { pps, slice, sps } from './nal-samples.ts';

t.test('a byte stream in chunks becomes frames, including the last', async (t) => {
  const key = [sps, pps, slice('I', { idr: true })];
  const stream = toAnnexB([...key, slice('P'), slice('B')]);
  const pieces = Array.from({ length: Math.ceil(stream.length / 3) }, (_, index) =>
    stream.subarray(index * 3, index * 3 + 3),
  );
  const units = await Readable.from(accessUnits(Readable.from(pieces))).toArray();
  t.same(
    units.map(({ nals }: AccessUnit) => nals),
    [key, [slice('P')], [slice('B')]],
  );
});

t.test('an empty input gives nothing', async (t) => {
  t.same(await Readable.from(accessUnits(Readable.from([]))).toArray(), []);
});
