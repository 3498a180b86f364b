import t from 'tap';
import { recordingName, sessionFolder } from '../../src/recorder/session-directory.ts';

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
