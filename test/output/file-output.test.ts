import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { FileOutput } from '../../src/output/file-output.ts';
import { OutputMedia } from '../../src/output/output-media.ts';
import { MediaStore, type MediaStoreOptions } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { commandOutput } from '../command-output.ts';
import { eventually } from '../eventually.ts';
import { play, programSource } from '../program/program-source.ts';

const logger = pino({ level: 'silent' });
const source = await programSource({ seconds: 2 });

/** An output in a medium of its own: the folder of the path. */
async function outputAt(t: Test, path: string, options: Partial<MediaStoreOptions> = {}): Promise<FileOutput> {
  const store = await MediaStore.open({
    ...{ kinds: [new OutputMedia(dirname(dirname(path)), logger)], sealer: new Sealer('a'.repeat(32), 'test') },
    openBucket: () => {
      throw new Error('There is no bucket.');
    },
    ...{ retention: {}, minFree: 0, isLive: () => false, clock: systemClock, logger, ...options },
  });
  t.teardown(() => store.close());
  const begin = () => store.begin({ kind: 'output', roomId: 'room', folder: basename(dirname(path)) });
  return new FileOutput({ begin, name: basename(path, '.mp4'), logger });
}

async function durationOf(file: string): Promise<number> {
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    file,
  ]);
  return Number(stdout);
}

t.test('a file gets its name when it is complete', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'deep', `it's "a" 100% file.mp4`);
  const output = await outputAt(t, path);
  const running = once(output.observer, 'running');
  play(source, output.sink);
  await running;
  const names = () => readdir(join(folder, 'deep')).catch(() => []);
  await eventually('written', async () => (await names()).some((name) => name.endsWith('.mp4.part')));
  t.notOk((await names()).some((name) => name.endsWith('.mp4')));
  output.sink.end(undefined);
  await output.close();
  await output.close();
  t.strictSame(await readdir(join(folder, 'deep')), [`it's "a" 100% file.mp4`, 'manifest.json']);
  t.ok(Math.abs((await durationOf(path)) - 2) < 0.1);
});

t.test('without a video frame there is no file', async (t) => {
  const folder = t.testdir({});
  await (await outputAt(t, join(folder, 'room', 'a.mp4'))).close();
  t.strictSame(await readdir(folder), [], 'nor a folder');
});

t.test('an invalid folder fails the output', async (t) => {
  const folder = t.testdir({ file: '' });
  const output = await outputAt(t, join(folder, 'file', 'a.mp4'));
  t.match(await once(output.observer, 'failed'), [{ kind: 'storage', message: /ENOTDIR|EEXIST/ }]);
  await output.close();
});

t.test('a file that is removed while it is written fails the output, at its end at the latest', async (t) => {
  const folder = t.testdir({});
  const output = await outputAt(t, join(folder, 'room', 'a.mp4'));
  play(source, output.sink);
  const written = async () => (await readdir(join(folder, 'room'))).includes('a.mp4.part');
  await eventually('written', written);
  await rm(join(folder, 'room'), { recursive: true });
  const failed = once(output.observer, 'failed');
  await output.close();
  t.match(await failed, [{ kind: 'broken', message: /was removed/ }]);
});

t.test('a nearly full disk ends the file', async (t) => {
  const folder = t.testdir({});
  const clock = new HeldClock();
  let free = 1000;
  const path = join(folder, 'room', 'a.mp4');
  const output = await outputAt(t, path, { minFree: 500, readFreeSpace: async () => free, clock });
  play(source, output.sink);
  // two looks after media, a sign of life, and one look at the disk
  await clock.whenPending(4);
  const failed = once(output.observer, 'failed');
  free = 400;
  clock.advance(1000);
  t.match(await failed, [{ kind: 'storage', message: /nearly full/ }]);
  await output.close();
  t.equal(clock.pending, 2, 'nobody looks at the disk any more');
  t.ok(Math.abs((await durationOf(path)) - 2) < 0.1, 'what there was is complete');
});

t.test('a disk that is nearly full at the start fails the output', async (t) => {
  const folder = t.testdir({});
  const clock = new HeldClock();
  const path = join(folder, 'room', 'a.mp4');
  const output = await outputAt(t, path, { minFree: 500, readFreeSpace: async () => 400, clock });
  t.match(await once(output.observer, 'failed'), [{ kind: 'storage', message: /nearly full/ }]);
  await output.close();
  t.equal(clock.pending, 2);
  t.strictSame(await readdir(folder), []);
});
