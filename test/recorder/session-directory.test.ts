import { readdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  dropAbandonedNames,
  recordingName,
  SessionDirectory,
  sessionFolder,
} from '../../src/recorder/session-directory.ts';
import { commandOutput } from '../command-output.ts';

const start = new Date(2026, 0, 2, 3, 4, 5);
const suffix = '_2026-01-02-03-04-05.mp4';

t.test('characters of a session id that are not safe in a path become underscores', async (t) => {
  const cases = [
    ['foo&bar/baz', 'foo_bar_baz'],
    ['../../etc', '______etc'],
    ['a\nb\0c', 'a_b_c'],
    [`'"$(id)|[f=x]`, '____id___f_x_'],
    ['Ünï', '_n_'],
    ['', ''],
  ] as const;
  for (const [sessionId, folder] of cases) t.equal(sessionFolder(sessionId), folder, JSON.stringify(sessionId));
});

t.test('the file of a session has a safe, short name and the local time of its start', async (t) => {
  const cases = [
    ['standup', 'standup'],
    ['a/b\\c', 'a_b_c'],
    ['..', '__'],
    ['.hidden', '_hidden'],
    ['nul\0line\n', 'nul_line_'],
    [`it's "it" | [f=x]`, `it's "it" | [f=x]`],
    ['', ''],
    ['x'.repeat(300), 'x'.repeat(101)],
    ['é'.repeat(300), 'é'.repeat(101)],
    ['\u{1F600}'.repeat(300), '\u{1F600}'.repeat(50)],
  ] as const;
  for (const [callName, name] of cases) t.equal(recordingName(callName, start), name + suffix, callName.slice(0, 20));
  t.equal(recordingName('x'.repeat(300), start).length, 125);
});

t.test('long session ids get folders of their own that every file system takes', async (t) => {
  t.equal(sessionFolder('x'.repeat(200)), 'x'.repeat(200));
  const folders = ['a', 'b', 'ü'].map((end) => sessionFolder('x'.repeat(300) + end));
  t.equal(new Set(folders).size, folders.length);
  for (const folder of folders) t.match(folder, /^x{189}-[0-9a-f]{10}$/);
});

t.test('two servers that record the same session in the same second use two names', async (t) => {
  const recordings = t.testdir({});
  const directory = new SessionDirectory(recordings, 'same');
  await directory.create();
  const ours = await directory.reserve('standup', start.getTime());
  const file = join(import.meta.dirname, '../../src/recorder/session-directory.ts');
  const another = `
    const { SessionDirectory } = await import(process.argv[1]);
    console.log(await new SessionDirectory(process.argv[2], 'same').reserve('standup', Number(process.argv[3])));`;
  const args = ['--input-type=module', '-e', another, file, recordings, String(start.getTime())];
  const { stdout: theirs } = await commandOutput(process.execPath, args);
  t.equal(ours, `standup${suffix}`);
  t.equal(theirs.trim(), 'standup_2026-01-02-03-04-06.mp4');
  t.strictSame(await readdir(directory.path), [], 'nothing of ours lies there');
  await writeFile(join(directory.path, `${ours}.part`), 'media');
  await directory.release(ours);
  t.not(await directory.reserve('standup', start.getTime()), ours, 'it is being written');
  await rename(join(directory.path, `${ours}.part`), join(directory.path, ours));
  t.not(await directory.reserve('standup', start.getTime()), ours, 'it is complete');
});

t.test('names that a crash has left reserved are released after a day', async (t) => {
  const recordings = t.testdir({});
  const directory = new SessionDirectory(recordings, 'same');
  await directory.create();
  const name = await directory.reserve('standup', start.getTime());
  const notes = join(recordings, '.sessions');
  await dropAbandonedNames(notes, Date.now());
  t.equal((await readdir(notes)).length, 1);
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const each of await readdir(notes)) await utimes(join(notes, each), old, old);
  await dropAbandonedNames(notes, Date.now());
  t.equal(await directory.reserve('standup', start.getTime()), name);
  await dropAbandonedNames(join(recordings, 'nowhere'), 0);
});
