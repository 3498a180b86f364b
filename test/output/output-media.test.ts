import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { OutputMedia } from '../../src/output/output-media.ts';
import { MediaStore } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { manifestAt } from '../storage/media-on-disk.ts';
import { PowerLoss } from '../storage/power-loss.ts';
import { SmallDisk } from '../storage/small-disk.ts';

async function open(t: Test, free: () => number, root = t.testdir()) {
  const clock = new HeldClock();
  const logger = pino({ level: 'silent' });
  const store = await MediaStore.open({
    ...{ kinds: [new OutputMedia(join(root, 'outputs'), logger)], retention: {}, clock, logger },
    ...{ minFree: 500, readFreeSpace: async () => free(), isLive: () => false },
    sealer: new Sealer('a'.repeat(32), 'test'),
    openBucket: () => {
      throw new Error('No store.');
    },
  });
  t.teardown(() => store.close());
  const folder = join(root, 'outputs', 'room', 'now');
  const begin = () => store.begin({ kind: 'output', roomId: 'room', folder: join('room', 'now') });
  return { clock, folder, begin };
}

t.test('files that are written to the folder belong to the store', async (t) => {
  const { begin, folder } = await open(t, () => 1000);
  const media = await begin();
  t.equal(media?.folder, folder);
  t.match(await manifestAt(folder), { state: 'recording', roomId: 'room', owner: { id: String } });
  await writeFile(join(folder, 'room.mp4'), 'film');
  await media?.completed();
  await media?.completed();
  t.match(await manifestAt(folder), { state: 'stored', files: { 'room.mp4': { size: 4 } } });
  t.equal(basename(dirname(folder)), 'room');
});

t.test('an output without a file leaves nothing, not even folders', async (t) => {
  const { begin, folder } = await open(t, () => 1000);
  const media = await begin();
  await media?.completed();
  t.same(await readdir(dirname(dirname(folder))), []);
});

t.test('an output that a full disk does not let begin leaves no folders', async (t) => {
  const disk = await SmallDisk.open(t, 1024 * 1024);
  if (!disk.isReal) return t.pass('nobody may mount a disk here');
  const { begin, folder } = await open(t, () => 1000, disk.path);
  await mkdir(dirname(dirname(folder)));
  await disk.fill(0);
  await t.rejects(begin(), { code: 'ENOSPC' });
  t.same(await readdir(dirname(dirname(folder))), []);
});

for (const [name, depth] of [
  ['now', 1],
  ['room', 2],
] as const) {
  t.test(`a power loss does not lose the folder ${name}`, async (t) => {
    const { begin, folder } = await open(t, () => 1000);
    const disk = await PowerLoss.watch(t, depth === 1 ? dirname(folder) : dirname(dirname(folder)));
    const media = await begin();
    const kept = join(t.testdirName, 'kept');
    await disk.restore(kept);
    t.same(await readdir(kept), [name]);
    await media?.completed();
  });
}

t.test('a disk that fills up ends the output, a full one refuses it', async (t) => {
  let free = 1000;
  const { begin, clock } = await open(t, () => free);
  const media = await begin();
  const full = new Promise<void>((resolve) => media?.observer.once('full', resolve));
  free = 100;
  clock.advance(1000);
  await full;
  await media?.completed();
  const { begin: another } = await open(t, () => 100);
  t.equal(await another(), undefined);
});
