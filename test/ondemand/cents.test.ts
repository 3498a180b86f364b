import t from 'tap';
import { centsOf, priceOf, readCents, writeCents } from '../../src/ondemand/cents.ts';

t.test('amounts are rounded half up, as they are printed', async (t) => {
  const cents = [0, 20, 0.1, 1.005, 1.004999, 0.285, 19.99, 1e12].map(centsOf);
  t.strictSame(cents, [0, 2000, 10, 101, 100, 29, 1999, 1e14]);
});

t.test('a price is rounded once, at the end', async (t) => {
  t.equal(priceOf(3, 1, 0.345), 104, 'binary fractions would give 103');
  t.equal(priceOf(1, 1, 0.004), 0);
  t.equal(priceOf(3, 1, 0.004), 1);
  t.equal(priceOf(32, 2, 0.1), 640);
  t.equal(priceOf(5, 7, 0), 0);
  t.equal(priceOf(1000, 100_000, 1e5), 1e15, 'the largest order is exact');
});

t.test('amounts are read and written with two decimals', async (t) => {
  t.strictSame(['12', '12.5', '12.50', '0.07', '1000000000000'].map(readCents), [1200, 1250, 1250, 7, 1e14]);
  for (const wrong of [
    '',
    '-1',
    '+1',
    '1.',
    '.5',
    '1.005',
    '1e3',
    '1,5',
    ' 1',
    '1 ',
    'x',
    '1000000000000.01',
    '9'.repeat(99),
  ]) {
    t.equal(readCents(wrong), undefined, wrong);
  }
  t.strictSame([0, 7, 70, 1250, -5, -1250].map(writeCents), ['0.00', '0.07', '0.70', '12.50', '-0.05', '-12.50']);
});
