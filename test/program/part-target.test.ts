import t from 'tap';
import { maxPartDuration } from '../../src/program/part-target.ts';

t.test('the part target is the longest part in ticks', async (t) => {
  t.equal(maxPartDuration(6, 24), 22_500);
  t.equal(maxPartDuration(8, 30), 24_003, 'on the grid');
  t.equal(maxPartDuration(8, 29), 24_840, 'frames of no whole number of ticks');
});
