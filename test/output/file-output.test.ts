import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import t from 'tap';
import { FileOutput } from '../../src/output/file-output.ts';
import { completeAbandonedFiles } from '../../src/storage/unfinished-files.ts';
import { WorkingFolder, type WorkingFolderOptions } from '../../src/storage/working-folder.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { play, programSource } from '../program/program-source.ts';

const run = promisify(execFile);

const logger = pino({ level: 'silent' });
const source = await programSource({ seconds: 2 });

function outputAt(path: string, options: Partial<WorkingFolderOptions> = {}): FileOutput {
  const place = new WorkingFolder({ destination: dirname(path), leastFree: 0, logger, ...options });
  return new FileOutput({ place, name: basename(path, '.mp4'), logger });
}

async function durationOf(file: string): Promise<number> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file]);
  return Number(stdout);
}

t.test('a file gets its name when it is complete', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'deep', `it's "a" 100% file.mp4`);
  const output = outputAt(path);
  const running = once(output.observer, 'running');
  play(source, output.sink);
  await running;
  t.strictSame(
    (await readdir(join(folder, 'deep'))).filter((name) => name.endsWith('.mp4')),
    [],
  );
  output.sink.end(undefined);
  await output.close();
  await output.close();
  t.strictSame(await readdir(join(folder, 'deep')), [`it's "a" 100% file.mp4`]);
  t.ok(Math.abs((await durationOf(path)) - 2) < 0.1);
});

t.test('without a video frame there is no file', async (t) => {
  const folder = t.testdir({});
  await outputAt(join(folder, 'a.mp4')).close();
  t.strictSame(await readdir(folder), []);
});

t.test('an invalid folder fails the output', async (t) => {
  const folder = t.testdir({ file: '' });
  const output = outputAt(join(folder, 'file', 'a.mp4'));
  t.match(await once(output.observer, 'failed'), [{ kind: 'storage', message: /ENOTDIR|EEXIST/ }]);
  await output.close();
});

t.test('a nearly full disk ends the file', async (t) => {
  const folder = t.testdir({});
  const clock = new HeldClock();
  let free = 1000;
  const path = join(folder, 'a.mp4');
  const output = outputAt(path, { leastFree: 500, readFreeSpace: async () => free, clock });
  play(source, output.sink);
  await clock.whenPending(1);
  const failed = once(output.observer, 'failed');
  free = 400;
  clock.advance(1000);
  t.match(await failed, [{ kind: 'storage', message: /nearly full/ }]);
  await output.close();
  t.equal(clock.pending, 0);
  t.ok(Math.abs((await durationOf(path)) - 2) < 0.1, 'what there was is complete');
});

t.test('a disk that is nearly full at the start fails the output', async (t) => {
  const folder = t.testdir({});
  const clock = new HeldClock();
  const path = join(folder, 'a.mp4');
  const output = outputAt(path, { leastFree: 500, readFreeSpace: async () => 400, clock });
  t.match(await once(output.observer, 'failed'), [{ kind: 'storage', message: /nearly full/ }]);
  await output.close();
  t.equal(clock.pending, 0);
  t.strictSame(await readdir(folder), []);
});

t.test('what a crash has left is completed', async (t) => {
  const root = t.testdir({});
  const session = join(root, 'session');
  const output = outputAt(join(session, 'cut.mp4'));
  play(source, output.sink);
  output.sink.end(undefined);
  const written = join(root, 'written');
  const copied = async () => {
    const [working = ''] = (await readdir(session).catch(() => [])).filter((name) => name.startsWith('.recording-'));
    if (working) await cp(join(session, working), written, { recursive: true });
    return (await readdir(written).catch(() => [])).length > 0;
  };
  while (!(await copied()));
  await output.close();
  const orphan = join(root, 'orphan', '.recording-x');
  await mkdir(join(root, 'orphan'));
  await cp(written, orphan, { recursive: true });
  await mkdir(join(root, 'orphan', '.recording-empty'));
  await writeFile(join(root, 'a file'), '');
  await completeAbandonedFiles(root, Date.now(), logger);
  t.strictSame(await readdir(join(root, 'orphan')), ['.recording-empty', '.recording-x'], 'somebody may be writing');
  const long = new Date(Date.now() - 61_000);
  await utimes(join(orphan, 'cut.mp4.part'), long, long);
  await completeAbandonedFiles(root, Date.now(), logger);
  t.strictSame(await readdir(join(root, 'orphan')), ['.recording-empty', 'cut.mp4']);
  await completeAbandonedFiles(join(root, 'nowhere'), Date.now(), logger);
});
