import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { UploadsCleanUp } from '../../../src/component/hls/uploads-clean-up.ts';
import type { Retention } from '../../../src/storage/retention.ts';
import { HeldClock } from '../../clock/held-clock.ts';

const hour = 3600 * 1000;
const now = 100 * hour;

/** Ten minutes of a server, with streams of so many bytes and hours. @returns what is left */
async function left(t: Test, retention: Retention, isBusy: (name: string) => boolean = () => false) {
  const resourcesBasePath = t.testdir({ hls_uploads: { 'c_3.json': 'of a stream that is elsewhere' } });
  const parent = join(resourcesBasePath, 'hls_uploads');
  for (const [name, bytes, age] of [
    ['a_1', 100, 50],
    ['b_2', 50, 2],
  ] as const) {
    await mkdir(join(parent, name));
    await writeFile(join(parent, `${name}.json`), '{}');
    for (const [file, at] of [
      ['old.m4s', 0],
      ['new.m4s', now - age * hour],
    ] as const) {
      await writeFile(join(parent, name, file), Buffer.alloc(bytes));
      await utimes(join(parent, name, file), at / 1000, at / 1000);
    }
  }
  const clock = new HeldClock(now);
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const cleanUp = new UploadsCleanUp({
    ...{ resourcesBasePath, retention, clock, logger },
    isBusy: (folder) => isBusy(folder.slice(parent.length + 1)),
  });
  clock.advance(600_000);
  await cleanUp.close();
  t.equal(clock.pending, 0);
  return { names: (await readdir(parent)).sort(), log };
}

const everything = ['a_1', 'a_1.json', 'b_2', 'b_2.json', 'c_3.json'];
const newest = ['b_2', 'b_2.json', 'c_3.json'];

t.test('kept for ever where nothing else was said', async (t) => {
  t.strictSame(await left(t, {}), { names: everything, log: [] });
});

t.test('too old: by the newest file', async (t) => {
  const log = ['An old stream that was never uploaded is deleted.'];
  t.strictSame(await left(t, { age: 24 * hour }), { names: newest, log });
  t.strictSame((await left(t, { age: 72 * hour })).names, everything);
});

t.test('too much: the oldest first', async (t) => {
  t.strictSame((await left(t, { size: 250 })).names, newest);
  t.strictSame((await left(t, { size: 300 })).names, everything);
});

t.test('not while it is uploaded', async (t) => {
  t.strictSame((await left(t, { age: 1 }, (name) => name === 'a_1')).names, ['a_1', 'a_1.json', 'c_3.json']);
});

t.test('a server that never had an upload', async (t) => {
  const clock = new HeldClock();
  const logger = pino({ level: 'silent' });
  const options = { resourcesBasePath: t.testdir(), retention: { age: 1 }, isBusy: () => false, clock, logger };
  const cleanUp = new UploadsCleanUp(options);
  clock.advance(600_000);
  await cleanUp.close();
  await cleanUp.close();
  t.equal(clock.pending, 0);
});
