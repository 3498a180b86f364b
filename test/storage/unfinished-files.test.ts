import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { completeWorkingFolder, openWorkingFolder } from '../../src/storage/unfinished-files.ts';

const logger = pino({ enabled: false });

t.test('a recording never replaces another of its name', async (t) => {
  const destination = join(t.testdir(), 'session');
  await mkdir(destination);
  for (const content of ['first', 'second', 'third']) {
    const folder = await openWorkingFolder(destination);
    await writeFile(join(folder, 'room.mp4'), content);
    await completeWorkingFolder(folder, destination, logger);
  }
  t.same((await readdir(destination)).sort(), ['room-2.mp4', 'room-3.mp4', 'room.mp4']);
  const read = (name: string) => readFile(join(destination, name), 'utf8');
  t.same(await Promise.all(['room.mp4', 'room-2.mp4', 'room-3.mp4'].map(read)), ['first', 'second', 'third']);
});
