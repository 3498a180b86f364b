import t from 'tap';
import { type ElementHeader, readElementHeader } from '../../../src/media/matroska/ebml.ts';
import { MatroskaIndex } from '../../../src/media/matroska/matroska-index.ts';

/** Times of the cues, in ms. */
function cueTimes(cues: Buffer | undefined): number[] {
  const bytes = cues ?? Buffer.alloc(0);
  const headerAt = (at: number) => readElementHeader(bytes, at) as ElementHeader;
  const times: number[] = [];
  for (let at = headerAt(0).length; at < bytes.length; ) {
    const point = headerAt(at);
    const time = headerAt(at + point.length);
    times.push(bytes.readUIntBE(at + point.length + time.length, time.size ?? 0));
    at += point.length + (point.size ?? 0);
  }
  return times;
}

t.test('a file of days has cues all over it, and not more than a file of hours', async (t) => {
  const index = new MatroskaIndex();
  const seconds = 5 * 24 * 3600;
  for (let second = 0; second < seconds; second += 1) {
    index.addCue(second * 1000, 100 + second * 9000);
    index.addBlock(second * 1000);
  }
  const times = cueTimes(index.cues(100));
  t.ok(times.length > 5000 && times.length <= 10_000, `${times.length} cues`);
  t.equal(times[0], 0);
  const steps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  t.ok(
    steps.every((step) => step > 0 && step <= 120_000),
    `${Math.max(...steps)} ms`,
  );
  t.ok(seconds * 1000 - (times.at(-1) ?? 0) <= 120_000, 'up to its end');
  t.equal(index.end, seconds * 1000);
});

t.test('a file of an hour has a cue for each keyframe', async (t) => {
  const index = new MatroskaIndex();
  for (let second = 0; second < 3600; second += 1) index.addCue(second * 1000, 100 + second * 9000);
  t.strictSame(
    cueTimes(index.cues(100)),
    Array.from({ length: 3600 }, (_, second) => second * 1000),
  );
});
