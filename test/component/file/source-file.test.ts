import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openSourceFile } from '../../../src/component/file/source-file.ts';
import { commandOutput } from '../../command-output.ts';

const base = await mkdtemp(join(tmpdir(), 'shoal-source-'));
t.teardown(() => rm(base, { recursive: true, force: true }));
const folder = join(base, 'sources');
await mkdir(join(folder, 'deep'), { recursive: true });
await mkdir(join(folder, 'folder.h264'));
for (const name of ['a.h264', 'a.ogg', 'a.mp4', 'a.webm', 'a.H264', 'a.mkv', 'a', 'deep/b.h264', '../outside.h264']) {
  await writeFile(join(folder, name), name);
}
await symlink('../outside.h264', join(folder, 'leads-out.h264'));
await symlink('deep/b.h264', join(folder, 'leads-in.h264'));
await symlink('/dev/zero', join(folder, 'zero.h264'));
await symlink('loop.h264', join(folder, 'loop.h264'));
await symlink('nowhere.h264', join(folder, 'dangling.h264'));
await symlink('..', join(folder, 'up'));
await commandOutput('mkfifo', [join(folder, 'pipe.h264')]);

async function opened(filePath: string, framerate: number | null = null) {
  const { handle, size, format, framerate: effective } = await openSourceFile(folder, { filePath, framerate });
  await handle.close();
  return { size, format, framerate: effective };
}

t.test('files that can be played are found', async (t) => {
  t.same(await opened('a.h264'), { size: 6, format: '.h264', framerate: 30 });
  t.same(await opened('a.h264', 25), { size: 6, format: '.h264', framerate: 25 });
  t.same(await opened('/a.ogg'), { size: 5, format: '.ogg', framerate: null }, 'a leading slash is simply joined');
  t.same(await opened('a.mp4'), { size: 5, format: '.mp4', framerate: null });
  t.same(await opened('deep/../a.webm'), { size: 6, format: '.webm', framerate: null });
  t.equal((await opened('deep/b.h264')).size, 11);
  t.equal((await opened('leads-in.h264')).size, 11, 'a link that stays in the folder');
});

t.test('other paths are refused in the order of the checks', async (t) => {
  const outside = [
    '',
    '.',
    '/',
    'deep/..',
    '..',
    '../outside.h264',
    'deep/../../outside.h264',
    '../sources',
    'a\0.h264',
  ];
  for (const filePath of [...outside, 'leads-out.h264', 'up/outside.h264', 'zero.h264']) {
    await t.rejects(opened(filePath, -1), { code: 'invalidFilePath' }, JSON.stringify(filePath));
  }
  const absent = ['none.h264', 'none', 'a.h264/b.h264', 'loop.h264', 'dangling.h264', `${'a'.repeat(300)}.h264`];
  for (const filePath of [...absent, 'folder.h264', 'pipe.h264', 'deep']) {
    await t.rejects(opened(filePath, -1), { code: 'fileNotFound', status: 404 }, filePath);
  }
  for (const framerate of [0, -1, 1001]) {
    for (const filePath of ['a.h264', 'a.ogg', 'a.mkv']) {
      await t.rejects(opened(filePath, framerate), { code: 'invalidFramerate' }, `${filePath} at ${framerate}`);
    }
  }
  await t.rejects(opened('a.ogg', 30), { code: 'framerateOfAudio' });
  for (const filePath of ['a.H264', 'a.mkv', 'a']) {
    for (const framerate of [null, 30]) {
      await t.rejects(opened(filePath, framerate), { code: 'unsupportedFileType' }, `${filePath} at ${framerate}`);
    }
  }
  await t.rejects(opened('a.mp4', 30), { code: 'invalidFramerate' }, 'containers have times of their own');
});

t.test('a missing folder has no files', async (t) => {
  const missing = openSourceFile(join(base, 'none'), { filePath: 'a.h264', framerate: null });
  await t.rejects(missing, { code: 'fileNotFound' });
});
