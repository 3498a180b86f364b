import t from 'tap';
import { type AccessUnit, AccessUnitAssembler } from '../../../src/media/rtp/access-unit-assembler.ts';
import { delimiter, pps, sei, slice, sps } from './nal-samples.ts';

function assemble(nals: readonly Buffer[]): AccessUnit[] {
  const assembler = new AccessUnitAssembler();
  const units = nals.flatMap((nal) => assembler.push(nal) ?? []);
  return [...units, ...[assembler.flush()].flatMap((unit) => unit ?? [])];
}

t.test('a frame begins with parameter sets or a first slice', async (t) => {
  const idr = [slice('I', { idr: true }), slice('I', { idr: true, first: false })];
  const p = [slice('P'), slice('P', { first: false })];
  const b = [slice('B')];
  t.same(assemble([sps, pps, ...idr, ...p, ...b, sei, ...p, delimiter, ...p]), [
    { nals: [sps, pps, ...idr], key: true, bidirectional: false },
    { nals: p, key: false, bidirectional: false },
    { nals: b, key: false, bidirectional: true },
    { nals: [sei, ...p], key: false, bidirectional: false },
    { nals: [delimiter, ...p], key: false, bidirectional: false },
  ]);
});

t.test('parameter sets without a frame are not a frame', async (t) => {
  t.same(assemble([sps, pps]), []);
  t.same(assemble([]), []);
});

t.test('a frame that grows too large is an error', async (t) => {
  t.throws(() => assemble(Array.from({ length: 5000 }, () => slice('P', { first: false }))), RangeError);
  const long = Buffer.concat([sei, Buffer.alloc(1024 * 1024)]);
  t.throws(() => assemble(Array.from({ length: 17 }, () => long)), RangeError, 'many bytes in few parts');
  const pictures = Array.from({ length: 40 }, () => [long, slice('P')]);
  t.equal(assemble(pictures.flat()).length, 40, 'each picture counts for itself');
});
