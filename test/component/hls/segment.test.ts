import t from 'tap';
import { Segment } from '../../../src/component/hls/segment.ts';

t.test('a segment is the sum of its parts and begins with the first', async (t) => {
  const segment = new Segment({ number: 3, init: 1, discontinuity: true });
  const part = { bytes: Buffer.alloc(100), duration: 27_000, last: false };
  segment.add({ ...part, independent: true, wallClock: 5000 });
  segment.add({ ...part, independent: false, wallClock: 5300 });
  t.match(segment, { number: 3, init: 1, discontinuity: true, wallClock: 5000, duration: 54_000, size: 200 });
  t.strictSame(segment.parts, [
    { duration: 27_000, independent: true },
    { duration: 27_000, independent: false },
  ]);
  t.match(segment, { complete: false, stored: undefined });
});
