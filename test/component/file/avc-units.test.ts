import t from 'tap';
import { AvcUnits } from '../../../src/component/file/avc-units.ts';
import { toAnnexB } from '../../../src/media/rtp/annex-b.ts';
import { pps, slice, sps } from '../../media/rtp/nal-samples.ts';

const length = (nal: Buffer, bytes: number) => {
  const prefix = Buffer.alloc(bytes);
  prefix.writeUIntBE(nal.length, 0, bytes);
  return Buffer.concat([prefix, nal]);
};

/** A decoder configuration record with one parameter set of each kind. */
function description(lengthBytes: number): Buffer {
  const head = Buffer.from([1, 0x42, 0xe0, 0x1f, 0xfc | (lengthBytes - 1), 0xe1]);
  return Buffer.concat([head, length(sps, 2), Buffer.from([1]), length(pps, 2)]);
}

t.test('units are read by their lengths, with the parameter sets before the first', async (t) => {
  const idr = slice('I', { idr: true });
  for (const bytes of [1, 2, 4]) {
    const units = new AvcUnits(description(bytes));
    t.same(units.read(length(idr, bytes)), { nals: [sps, pps, idr], key: true, bidirectional: false });
    const two = [slice('B'), slice('B', { first: false })];
    const packet = Buffer.concat(two.map((nal) => length(nal, bytes)));
    t.same(units.read(packet), { nals: two, key: false, bidirectional: true });
  }
});

t.test('packets without a description are byte streams', async (t) => {
  const nals = [sps, pps, slice('I', { idr: true })];
  t.same(new AvcUnits(undefined).read(toAnnexB(nals))?.nals, nals);
});

t.test('units are read up to a wrong length', async (t) => {
  const units = new AvcUnits(description(4));
  t.equal(units.read(Buffer.from([0, 0, 1, 0, 0x41])), undefined);
  t.equal(units.read(Buffer.alloc(0)), undefined);
  const cut = Buffer.concat([length(slice('P'), 4), Buffer.from([0xff, 0xff, 0xff, 0xff, 1])]);
  t.same(units.read(cut)?.nals, [sps, pps, slice('P')], 'the sets are still owed');
  t.same(new AvcUnits(description(4).subarray(0, 9)).read(length(slice('P'), 4))?.nals, [slice('P')]);
});
