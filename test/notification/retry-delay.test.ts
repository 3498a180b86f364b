import t from 'tap';
import { backOff, retryAfter } from '../../src/notification/retry-delay.ts';

t.test('the delay doubles up to ten seconds', (t) => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => backOff(failures, 1));
  t.strictSame(delays, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  t.end();
});

t.test('half of the delay is random', (t) => {
  t.equal(backOff(3, 0), 500);
  t.equal(backOff(3, 0.5), 750);
  t.end();
});

t.test('Retry-After is read as seconds or as a date, within bounds', (t) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const table: readonly [string, number][] = [
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    ['30', 30_000],
    ['31', 30_000],
    ['99999999999999999999', 30_000],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9000],
    ['Thu, 01 Jan 2026 01:00:00 GMT', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['soon', 0],
    ['', 0],
  ];
  for (const [header, expected] of table) t.equal(retryAfter(header, now), expected, `"${header}"`);
  t.end();
});
