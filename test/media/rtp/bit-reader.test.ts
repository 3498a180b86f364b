import t from 'tap';
import { BitReader } from '../../../src/media/rtp/bit-reader.ts';

t.test('Exp-Golomb numbers are read in sequence', async (t) => {
  // 1 | 010 | 011 | 00100 | 0001111 then padding
  const bits = new BitReader(Buffer.from([0b10100110, 0b01000001, 0b11100000]));
  t.same(
    [0, 1, 2, 3, 4].map(() => bits.unsigned()),
    [0, 1, 2, 3, 14],
  );
  t.notOk(bits.ended);
  t.equal(bits.unsigned(), 0);
  t.ok(bits.ended, 'the end');
});

t.test('a number that is too long or cut off is refused', async (t) => {
  for (const bytes of [
    [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0, 0x01],
  ]) {
    const bits = new BitReader(Buffer.from(bytes));
    t.equal(bits.unsigned(), 0);
    t.ok(bits.ended, `${bytes}`);
  }
});
