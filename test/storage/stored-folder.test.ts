import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { readManifest } from '../../src/storage/media-manifest.ts';
import { MediaStore } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { StoredFolder } from '../../src/storage/stored-folder.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { PowerLoss } from './power-loss.ts';

async function open(t: Test, free: () => number) {
  const root = t.testdir();
  const clock = new HeldClock();
  const store = await MediaStore.open({
    ...{ folder: join(root, 'raw_recordings'), siblings: [join(root, 'outputs')], retention: {}, clock },
    ...{ leastFree: 500, readFreeSpace: async () => free(), isLive: () => false, logger: pino({ level: 'silent' }) },
    sealer: new Sealer('a'.repeat(32), 'test'),
    openBucket: () => {
      throw new Error('No store.');
    },
  });
  t.teardown(() => store.close());
  const folder = join(root, 'outputs', 'room', 'now');
  return { clock, folder, place: new StoredFolder(store, { roomId: 'room', folder }) };
}

t.test('what is written there belongs to the store', async (t) => {
  const { place, folder } = await open(t, () => 1000);
  t.equal(await place.open(() => t.fail('full')), folder);
  t.match(await readManifest(folder), { state: 'recording', roomId: 'room' });
  await writeFile(join(folder, 'room.mp4'), 'film');
  await place.close();
  await place.close();
  t.match(await readManifest(folder), { state: 'stored', files: { 'room.mp4': { size: 4 } } });
  t.equal(basename(dirname(folder)), 'room');
});

for (const [name, depth] of [
  ['now', 1],
  ['room', 2],
] as const) {
  t.test(`a loss of power does not take the folder ${name}`, async (t) => {
    const { place, folder } = await open(t, () => 1000);
    const disk = await PowerLoss.watch(t, depth === 1 ? dirname(folder) : dirname(dirname(folder)));
    await place.open(() => undefined);
    const kept = join(t.testdirName, 'kept');
    await disk.restore(kept);
    t.same(await readdir(kept), [name]);
    await place.close();
  });
}

t.test('a disk that fills up, and one that is full', async (t) => {
  let free = 1000;
  const { place, clock } = await open(t, () => free);
  const full = new Promise<void>((resolve) => void place.open(resolve));
  // the clean-up, and the look at the disk
  await clock.whenPending(2);
  free = 100;
  clock.advance(1000);
  await full;
  await place.close();
  const { place: other } = await open(t, () => 100);
  t.equal(await other.open(() => undefined), undefined);
  await other.close();
});
