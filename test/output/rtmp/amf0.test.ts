// Action Message Format 0, section 2.
import t from 'tap';
import { type AmfValue, decodeAmf0, encodeAmf0 } from '../../../src/output/rtmp/amf0.ts';

t.test('values are encoded', async (t) => {
  const cases: readonly [AmfValue, string][] = [
    [1, '00 3ff0000000000000'],
    [true, '01 01'],
    ['é', '02 0002 c3a9'],
    [{ a: null }, '03 0001 61 05 000009'],
    [null, '05'],
  ];
  for (const [value, bytes] of cases) {
    const written = encodeAmf0(value);
    t.equal(written.toString('hex'), bytes.replaceAll(' ', ''));
    t.strictSame(decodeAmf0(written), [value]);
  }
  const long = 'x'.repeat(70_000);
  t.strictSame(decodeAmf0(encodeAmf0('connect', 1, long)), ['connect', 1, long]);
});

t.test('values that only servers send are decoded', async (t) => {
  t.strictSame(decodeAmf0(Buffer.from('08 00000001 0001 61 0101 000009'.replaceAll(' ', ''), 'hex')), [{ a: true }]);
  t.strictSame(decodeAmf0(Buffer.from('0a 00000002 05 06'.replaceAll(' ', ''), 'hex')), [[null, null]]);
});

t.test('a message that is longer than any command is refused: a megabyte of values holds the event loop', async (t) => {
  t.equal(decodeAmf0(Buffer.alloc(128 * 1024, 5)).length, 128 * 1024);
  t.throws(() => decodeAmf0(Buffer.alloc(128 * 1024 + 1, 5)), RangeError);
});

t.test('invalid values are refused', async (t) => {
  const deep = Buffer.concat(Array.from({ length: 40 }, () => Buffer.from('0a00000001', 'hex')));
  const texts = ['00', '02ffff61', '03000161', '0affffffff', '0c7fffffff', '99', '080000000100'];
  for (const bytes of [...texts.map((text) => Buffer.from(text, 'hex')), deep]) {
    t.throws(() => decodeAmf0(bytes), RangeError, bytes.toString('hex').slice(0, 20));
  }
});
