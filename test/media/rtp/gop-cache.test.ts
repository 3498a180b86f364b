import t from 'tap';
import { GopCache, type VideoPacket } from '../../../src/media/rtp/gop-cache.ts';

const packet = (timestamp: number, marker: boolean, length = 10): VideoPacket => ({
  timestamp,
  marker,
  payload: Buffer.alloc(length),
});

/** A group of pictures of two packets each. */
function fill(cache: GopCache, first: number, pictures: number): void {
  for (let picture = 0; picture < pictures; picture += 1) {
    const timestamp = (first + picture * 3000) >>> 0;
    cache.add(packet(timestamp, false), picture === 0);
    cache.add(packet(timestamp, true), false);
  }
}

t.test('the group is replayed, its frames one tick apart', async (t) => {
  const cache = new GopCache();
  fill(cache, 0, 5);
  fill(cache, 4_294_967_000, 3);
  t.same(
    cache.replay(4_294_967_294, 3000).map(({ timestamp, marker }) => [timestamp, marker]),
    [
      [4_294_967_295, false],
      [4_294_967_295, true],
      [0, false],
      [0, true],
      [1, false],
      [1, true],
    ],
  );
});

t.test('without a group, or when it does not fit, nothing is replayed', async (t) => {
  const cache = new GopCache();
  t.same(cache.replay(0, 3000), [], 'before the first keyframe');
  fill(cache, 0, 5);
  t.same(cache.replay(0, 5), [], 'when the pictures do not fit');
  cache.add(packet(15_000, false), false);
  t.same(cache.replay(0, 3000), [], 'in the middle of a picture');
  cache.add(packet(15_000, true), false);
  t.equal(cache.replay(0, 3000).length, 12);
  cache.clear();
  cache.add(packet(18_000, true), false);
  t.same(cache.replay(0, 3000), [], 'after a loss');
});

t.test('a group that is too large is dropped until the next one', async (t) => {
  const cache = new GopCache();
  cache.add(packet(0, true, 1024 * 1024), true);
  t.equal(cache.replay(0, 3000).length, 1);
  for (let picture = 1; picture < 4; picture += 1) cache.add(packet(picture, true, 1024 * 1024), false);
  t.same(cache.replay(0, 3000), []);
  fill(cache, 0, 1);
  t.equal(cache.replay(0, 3000).length, 2);
});

t.test('too many tiny packets are dropped, too', async (t) => {
  const cache = new GopCache();
  cache.add(packet(0, true, 1), true);
  for (let index = 1; index < 12_000; index += 1) cache.add(packet(0, true, 1), false);
  t.same(cache.replay(0, 90_000), []);
});
