import t from 'tap';
import { ParameterSets } from '../../../src/media/rtp/parameter-sets.ts';
import { pps, slice, sps } from './nal-samples.ts';

t.test('an access unit gets the parameter sets that it lacks', async (t) => {
  const sets = new ParameterSets();
  const idr = slice('I', { idr: true });
  t.same(sets.complete([idr]), [idr], 'nothing is known yet');
  t.ok(sets.remember(sps));
  t.same(sets.nals, [], 'one kind does not help');
  t.ok(sets.remember(pps));
  t.notOk(sets.remember(idr));
  t.same(sets.complete([idr]), [sps, pps, idr]);
  t.same(sets.complete([sps, idr]), [sps, idr], 'it has its own');
});

t.test('a set replaces the earlier one with its id', async (t) => {
  const sets = new ParameterSets();
  const other = Buffer.concat([sps, Buffer.from([0x99])]);
  for (const nal of [sps, pps, other]) sets.remember(nal);
  t.same(sets.nals, [other, pps]);
});

t.test('a set with another frame size replaces the earlier one, too', async (t) => {
  const sets = new ParameterSets();
  const larger = Buffer.from(sps);
  larger.writeUInt8(0x28, 3);
  for (const nal of [sps, pps, larger]) sets.remember(nal);
  t.same(sets.nals, [larger, pps]);
});

t.test('sets with different ids are kept apart', async (t) => {
  const sets = new ParameterSets();
  // picture parameter sets 0 (1...) and 1 (010...)
  const second = Buffer.from([0x68, 0b01011110]);
  for (const nal of [sps, pps, second]) sets.remember(nal);
  t.same(sets.nals, [sps, pps, second]);
});

t.test(
  'a keyframe gets every known set once, sequence parameter sets first, however the source lists them',
  async (t) => {
    const sets = new ParameterSets();
    const idr = slice('I', { idr: true });
    const second = Buffer.from([0x68, 0b01011110]);
    t.same(sets.describe([pps, idr]), [pps, idr], 'nothing is known yet');
    for (const nal of [pps, sps, second]) sets.remember(nal);
    for (const nals of [[idr], [sps, idr], [pps, sps, idr], [sps, pps, pps, idr]]) {
      t.same(sets.describe(nals), [sps, pps, second, idr]);
    }
  },
);

t.test('the sets of a slice are those that its ids name', async (t) => {
  const sets = new ParameterSets();
  t.notOk(sets.describes(slice('P')), 'nothing is known yet');
  for (const nal of [sps, pps]) sets.remember(nal);
  t.same(sets.sequenceOf(slice('P')), sps);
  t.ok(sets.describes(slice('P')));
  t.notOk(sets.describes(sps), 'it is no slice');
  // first macroblock 0, slice type 5, picture parameter set 1
  t.notOk(sets.describes(Buffer.from([0x41, 0b10011001, 0b00111111])));
});

t.test('sets that are longer than any real one are not kept', async (t) => {
  const sets = new ParameterSets();
  sets.remember(Buffer.concat([sps, Buffer.alloc(100_000, 0x55)]));
  sets.remember(pps);
  t.same(sets.nals, []);
});

t.test('all sets together have at most 4 KiB, whatever a source sends: they go with every keyframe', async (t) => {
  const sets = new ParameterSets();
  for (const nal of [sps, pps]) sets.remember(nal);
  // picture parameter sets 1 to 31, each of 1000 bytes
  for (let id = 1; id < 32; id += 1) {
    const bits = (id + 1).toString(2);
    const code = `${'0'.repeat(bits.length - 1)}${bits}1`.padEnd(16, '1');
    sets.remember(
      Buffer.concat([
        Buffer.from([0x68]),
        Buffer.from([Number.parseInt(code, 2) >> 8, Number.parseInt(code, 2) & 0xff]),
        Buffer.alloc(1000, 0x55),
      ]),
    );
  }
  const bytes = sets.nals.reduce((sum, { length }) => sum + length, 0);
  t.ok(bytes > 2048 && bytes <= 4096, `${bytes} bytes`);
  t.ok(sets.describes(slice('I', { idr: true })), 'those that were there before are kept');
  const newer = Buffer.concat([pps, Buffer.from([0x77])]);
  sets.remember(newer);
  t.equal(sets.nals[1]?.length, newer.length, 'and can be replaced');
});
