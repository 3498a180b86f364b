import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { makeTurnFolder } from '../../src/turn/turn-folder.ts';

t.test('folders of killed servers are removed, and nothing else', async (t) => {
  const parent = t.testdir({});
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  const exited = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  const [theirs, foreign] = [`shoal-turn-${child.pid}-abc`, 'shoal-turn-x'];
  for (const name of [theirs, foreign]) await mkdir(join(parent, name));
  const ours = [await makeTurnFolder(parent), await makeTurnFolder(parent)];
  const names = ours.map((path) => path.slice(parent.length + 1));
  t.same((await readdir(parent)).sort(), [...names, theirs, foreign].sort());
  t.equal((await stat(ours[0] ?? '')).mode & 0o777, 0o700);

  child.kill('SIGKILL');
  await exited;
  const another = (await makeTurnFolder(parent)).slice(parent.length + 1);
  t.same((await readdir(parent)).sort(), [...names, another, foreign].sort());
});

t.test('a folder of an earlier server with the same process id is removed', async (t) => {
  const parent = t.testdir({});
  await mkdir(join(parent, `shoal-turn-${process.pid}-old`));
  // as if we had been started after that
  t.capture(process, 'uptime', () => -1);
  const made = await makeTurnFolder(parent);
  t.same(await readdir(parent), [made.slice(parent.length + 1)]);
});

t.test('what others have put into a folder stays', async (t) => {
  const parent = t.testdir({});
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  const folder = join(parent, `shoal-turn-${child.pid}-data`);
  await mkdir(join(folder, 'sub'), { recursive: true });
  for (const name of ['turnserver.conf', 'turn.db', 'turn.db-journal', 'film.webm', 'sub/x.mp4'])
    await writeFile(join(folder, name), name);
  await makeTurnFolder(parent);
  t.same((await readdir(folder)).sort(), ['film.webm', 'sub']);
  t.same(await readdir(join(folder, 'sub')), ['x.mp4']);
});
