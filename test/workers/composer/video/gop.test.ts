import t from 'tap';
import { Gop } from '../../../../workers/composer/video/gop.ts';

function frame(timestamp: number, key = false, length = 1000) {
  return { parts: [Buffer.alloc(length)], key, size: undefined, timestamp, at: 0, time: 0 };
}

function kept(gop: Gop): number[] {
  return gop.frames.map(({ timestamp }) => timestamp);
}

t.test('everything since the last keyframe is kept', async (t) => {
  const gop = new Gop();
  gop.add(frame(1));
  t.same(kept(gop), [], 'nothing before one');
  for (const each of [frame(2, true), frame(3), frame(4, true), frame(5)]) gop.add(each);
  t.same(kept(gop), [4, 5]);
  gop.clear();
  gop.add(frame(6));
  t.same(kept(gop), [], 'after a loss nothing is of use');
});

t.test('a group that is too long or too large is dropped', async (t) => {
  const [long, large] = [new Gop(), new Gop()];
  long.add(frame(0, true));
  for (let index = 1; index < 120; index += 1) long.add(frame(index));
  t.equal(kept(long).length, 120);
  for (let index = 120; index < 125; index += 1) long.add(frame(index));
  t.same(kept(long), []);
  large.add(frame(0, true, 3 * 1024 * 1024));
  large.add(frame(1, false, 2 * 1024 * 1024));
  t.same(kept(large), []);
});
