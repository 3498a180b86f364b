import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { MediaStore } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { manifestAt, plainMedia } from './media-on-disk.ts';
import { SmallDisk } from './small-disk.ts';

t.test('a medium whose end a full disk did not take is stored as soon as there is space', async (t) => {
  for (const failures of [1, 2]) {
    const disk = await SmallDisk.open(t, 1024 * 1024);
    if (!disk.isReal) return t.pass('nobody may mount a disk here');
    const clock = new HeldClock(Date.now());
    const log: string[] = [];
    const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
    const store = await MediaStore.open({
      ...{ kinds: [plainMedia(disk.path)], sealer: new Sealer('a'.repeat(32), 'test'), retention: {}, minFree: 0 },
      openBucket: () => {
        throw new Error('No store.');
      },
      ...{ isLive: () => false, clock, logger },
    });
    const media = await store.begin({ kind: 'recording', roomId: 'room', folder: join('room', 'part') });
    const folder = media?.folder ?? '';
    await writeFile(join(folder, 'a.mkv'), 'media');
    await disk.fill(0);
    await media?.completed();
    t.match(await manifestAt(folder), { state: 'recording' }, 'as it is on disk');
    const attempts = () => log.filter((line) => line.includes('it is tried again')).length;
    for (let attempt = 1; attempt < failures; attempt += 1) {
      clock.advance(2000);
      await eventually('it failed again', () => attempts() === attempt + 1);
    }
    await disk.clear();
    clock.advance(2000 * failures);
    await eventually('stored', async () => (await manifestAt(folder))?.state === 'stored');
    t.match(await manifestAt(folder), { files: { 'a.mkv': { size: 5 } } });
    t.equal(await readFile(join(folder, 'a.mkv'), 'utf8'), 'media');
    await store.close();
  }
});
