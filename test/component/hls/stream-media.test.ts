import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Segment } from '../../../src/component/hls/segment.ts';
import { StreamFolder } from '../../../src/component/hls/stream-folder.ts';
import { StreamMedia } from '../../../src/component/hls/stream-media.ts';

const segmentName = (n: number) => `muxed_segment_${n}_g2QABXZpZGVv.m4s`;
const partName = (n: number, part: number) => `muxed_segment_${n}_g2QABXZpZGVv_${part}_part.m4s`;

async function open(t: Test, options: { parts?: boolean; persistent?: boolean } = {}) {
  const disk = { full: false };
  const path = join(t.testdir({}), 'stream');
  const logger = pino({ enabled: false });
  const folder = await StreamFolder.create({ path, logger, hasSpace: async () => !disk.full });
  const lost: number[] = [];
  const media = new StreamMedia({
    ...{ folder, targetDuration: 2, parts: true, persistent: false, ...options },
    onLost: ({ number }) => lost.push(number),
  });
  /** A segment of two seconds in two parts; everything about it is written. */
  const add = async (number: number): Promise<Segment> => {
    const segment = new Segment({ number, init: 0, discontinuity: false });
    for (const part of [0, 1]) {
      const bytes = Buffer.from(`${number}.${part} `);
      segment.add({ bytes, duration: 90_000, independent: part === 0, wallClock: 0, last: part === 1 });
      media.add(segment, bytes);
    }
    media.complete(segment);
    await media.settle();
    return segment;
  };
  return { media, folder, disk, lost, add, files: async () => (await readdir(path)).sort() };
}

t.test('parts and segments are the same bytes, for six target durations', async (t) => {
  const { media, add, files } = await open(t);
  media.addInit(0, Buffer.from('init'));
  t.equal((await add(0)).stored, true);
  t.equal(media.get(segmentName(0))?.toString(), '0.0 0.1 ');
  t.equal(media.get(partName(0, 1))?.toString(), '0.1 ');
  t.equal(media.get(partName(0, 1))?.buffer, media.get(segmentName(0))?.buffer);
  for (let number = 1; number < 7; number += 1) await add(number);
  t.ok(media.get(segmentName(0)), 'still');
  await add(7);
  t.equal(media.get(segmentName(0)), undefined);
  t.equal(media.get(partName(0, 0)), undefined);
  t.ok(media.get('muxed_header_g2QABXZpZGVv_part_0.mp4'), 'what all need stays');
  t.ok((await files()).includes(segmentName(0)), 'as the disk does');
});

t.test('an unfinished segment returns what it has so far', async (t) => {
  const { media } = await open(t, { parts: false });
  const segment = new Segment({ number: 0, init: 0, discontinuity: false });
  t.equal(media.get(segmentName(0)), undefined);
  media.add(segment, Buffer.from('a'));
  media.add(segment, Buffer.from('b'));
  t.equal(media.get(segmentName(0))?.toString(), 'ab');
  t.equal(media.get(partName(0, 0)), undefined, 'without parts of its own');
});

t.test(
  'what has left the playlist is removed from disk when nobody can be playing it, unless it is kept',
  async (t) => {
    for (const persistent of [false, true]) {
      const { media, add, folder, files } = await open(t, { persistent });
      media.retire(await add(0), 180_000);
      for (let number = 1; number < 3; number += 1) await add(number);
      await folder.settle();
      t.ok((await files()).includes(segmentName(0)), 'not at once');
      await add(3);
      await folder.settle();
      t.equal((await files()).includes(segmentName(0)), persistent);
    }
  },
);

t.test('what a full disk did not take is lost when it leaves memory', async (t) => {
  const { media, add, disk, lost } = await open(t);
  await add(0);
  disk.full = true;
  t.equal((await add(1)).stored, false);
  disk.full = false;
  for (let number = 2; number < 8; number += 1) await add(number);
  t.strictSame(lost, []);
  t.ok(media.get(segmentName(1)));
  await add(8);
  t.strictSame(lost, [1], 'but not those that are on disk');
  t.equal(media.get(segmentName(1)), undefined);
});
