// Section 6 of the recorder contract.
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { recordingName, SessionDirectory, sessionFolder } from '../../src/jibri/session-directory.ts';

const start = new Date(2026, 1, 3, 4, 5, 6);
const suffix = '_2026-02-03-04-05-06.mp4';

t.test('names of folders', async (t) => {
  t.equal(sessionFolder('foo&bar/baz'), 'foo_bar_baz');
  t.equal(sessionFolder('../../etc'), '______etc');
  t.equal(sessionFolder('a\n"b\0'), 'a__b_');
  t.equal(sessionFolder(''), '');
});

t.test('names of files', async (t) => {
  const cases = [
    ['standup', 'standup'],
    ['a/b\\c', 'a_b_c'],
    ['..hidden', '__hidden'],
    ['a\0b\nc', 'a_b_c'],
    [`"'|$(x)`, `"'|$(x)`],
    ['x'.repeat(200), 'x'.repeat(101)],
    ['', ''],
  ] as const;
  for (const [callName, name] of cases) t.equal(recordingName(callName, start), name + suffix, callName);
  const long = recordingName('日本'.repeat(100), start);
  t.ok(Buffer.byteLength(`${long}.part`) <= 255, 'bytes count for the file system');
  t.notMatch(recordingName('😀'.repeat(80), start), /\p{Surrogate}/u, 'characters stay whole');
});

t.test('directories', async (t) => {
  const recordings = t.testdir({});
  const directory = new SessionDirectory(join(recordings, 'deep', 'er'), 'a/b');
  await directory.create();
  await directory.create();
  t.equal(directory.path, join(recordings, 'deep', 'er', 'a_b'));
  await directory.writeMetadata({ a: 1 });
  await directory.writeMetadata({ a: 2 });
  t.equal(await readFile(join(directory.path, 'metadata.json'), 'utf8'), '{"a":2}');
  await writeFile(join(directory.path, 'before.mp4'), '');
  await directory.removeWithoutMedia();
  t.strictSame(await readdir(directory.path), ['before.mp4', 'metadata.json'], 'what was recorded before stays');
  const empty = new SessionDirectory(recordings, 'empty');
  await empty.create();
  await empty.removeWithoutMedia();
  t.notOk((await readdir(recordings)).includes('empty'));
});

t.test('directories that cannot be', async (t) => {
  const recordings = t.testdir({ file: '' });
  const create = new SessionDirectory(join(recordings, 'file'), 's').create();
  await t.rejects(create, { message: 'Could not creat recordings director', scope: 'SYSTEM' });
  const directory = new SessionDirectory(recordings, 's');
  await mkdir(join(directory.path, 'metadata.json'), { recursive: true });
  await chmod(directory.path, 0o755);
  await t.rejects(directory.writeMetadata({}), { message: 'Could not write meeting metadata', scope: 'SYSTEM' });
});
