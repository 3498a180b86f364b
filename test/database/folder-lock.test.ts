import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { FolderLock } from '../../src/database/folder-lock.ts';
import { StartError } from '../../src/error/start-error.ts';

t.test('a folder has one server at a time', async (test) => {
  const folder = test.testdir();
  const path = join(folder, 'server.lock');
  const lock = new FolderLock(path);
  test.throws(() => new FolderLock(path), { name: 'StartError', message: `Another server uses ${folder}. Stop it` });
  lock.close();
  lock.close();
  new FolderLock(path).close();
  test.throws(() => new FolderLock(join(path, 'none')), StartError);
});

t.test('a server that was killed keeps nobody out', async (test) => {
  const path = join(test.testdir(), 'server.lock');
  const script =
    `const { FolderLock } = await import('${join(import.meta.dirname, '../../src/database/folder-lock.ts')}');` +
    `globalThis.lock = new FolderLock('${path}'); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  test.throws(() => new FolderLock(path), StartError);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  new FolderLock(path).close();
});
