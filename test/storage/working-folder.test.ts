import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { WorkingFolder } from '../../src/storage/working-folder.ts';
import { HeldClock } from '../clock/held-clock.ts';

const logger = pino({ level: 'silent' });

t.test('hidden while it is written to, gone afterwards', async (t) => {
  const destination = join(t.testdir(), 'deep');
  const place = new WorkingFolder({ destination, leastFree: 0, logger });
  const folder = await place.open(() => t.fail('full'));
  t.match(folder, /deep\/\.recording-/);
  await writeFile(join(folder ?? '', 'a.mp4'), 'film');
  await place.close();
  await place.close();
  t.same(await readdir(destination), ['a.mp4']);
});

t.test('a disk that fills up, and one that is full', async (t) => {
  const destination = t.testdir();
  const clock = new HeldClock();
  let free = 1000;
  const options = { destination, leastFree: 500, readFreeSpace: async () => free, clock, logger };
  const place = new WorkingFolder(options);
  const full = new Promise<void>((resolve) => void place.open(resolve));
  await clock.whenPending(1);
  free = 100;
  clock.advance(1000);
  await full;
  await place.close();
  t.equal(await new WorkingFolder(options).open(() => undefined), undefined);
  t.equal(clock.pending, 0);
  t.same(await readdir(destination), []);
});
