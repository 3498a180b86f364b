import t from 'tap';
import { z } from 'zod';
import { WrittenNumber } from '../../src/api/written-number.ts';
import { castOptions, flag, nullable, wholeNumber } from '../../src/component/option-cast.ts';

const wrong = { message: 'Invalid request body structure', status: 400 };

t.test('integers are accepted as text, too', async (t) => {
  const read = (value: unknown) => castOptions(z.object({ value: wholeNumber(0, 65_535) }), { value }).value;
  t.equal(read(2137), 2137);
  t.equal(read('2137'), 2137);
  t.equal(read('0002137'), 2137);
  const float = new WrittenNumber('60.0', false);
  for (const value of [
    -1,
    65_536,
    '65536',
    1.5,
    '1.5',
    '',
    ' 1',
    '1e3',
    '0x10',
    true,
    null,
    undefined,
    [],
    {},
    float,
  ]) {
    t.throws(() => read(value), wrong, String(value));
  }
});

t.test('booleans are accepted as text, too', async (t) => {
  const read = (value: unknown) => castOptions(z.object({ value: flag() }), { value }).value;
  for (const value of [true, 'true']) t.equal(read(value), true);
  for (const value of [false, 'false']) t.equal(read(value), false);
  for (const value of ['True', '', 1, 0, null, 'yes']) t.throws(() => read(value), wrong, String(value));
});

t.test('null counts as unset where that is allowed', async (t) => {
  const schema = z.object({ value: nullable(wholeNumber(0)), other: z.string() });
  for (const value of [null, undefined]) t.same(castOptions(schema, { value, other: '' }), { value: null, other: '' });
  t.throws(() => castOptions(schema, { value: 1, other: null }), wrong);
  t.same(castOptions(schema, { other: '', unknown: 1 }), { value: null, other: '' }, 'unknown options are passed over');
});
