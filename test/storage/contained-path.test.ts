import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { containedPath, openContained } from '../../src/storage/contained-path.ts';

t.test('names that lead outside are refused', async (t) => {
  const inside = {
    a: 'a',
    'a/b': 'a/b',
    '/a': 'a',
    './a': 'a',
    'a/../b': 'b',
    '..a': '..a',
    '...': '...',
    'a/./b/': 'a/b',
    ' ': ' ',
  };
  for (const [name, path] of Object.entries(inside)) t.equal(containedPath('/folder', name), path, name);
  for (const name of ['', '.', '..', '/', './', '../folder', 'a/..', 'a/../..', '../../etc/passwd', '/..']) {
    t.equal(containedPath('/folder', name), undefined, name);
  }
  t.equal(containedPath('/folder', '../folder2/a'), undefined, 'a folder of a similar name');
});

t.test('files are resolved within the folder', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'shoal-contained-'));
  t.teardown(() => rm(base, { recursive: true }));
  const folder = join(base, 'folder');
  await mkdir(join(folder, 'deep'), { recursive: true });
  await writeFile(join(folder, 'file'), 'content');
  await writeFile(join(base, 'outside'), 'outside');
  await symlink('../outside', join(folder, 'leading-out'));
  await symlink('file', join(folder, 'leading-in'));
  await symlink('..', join(folder, 'up'));
  await symlink('loop', join(folder, 'loop'));
  await symlink(folder, join(base, 'alias'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);

  const contentOf = async (root: string, path: string) => {
    const file = await openContained(root, path);
    if (!file) return undefined;
    const text = await file.handle.readFile('utf8');
    await file.handle.close();
    return [text, file.size];
  };
  t.same(await contentOf(folder, 'file'), ['content', 7]);
  t.same(await contentOf(folder, 'leading-in'), ['content', 7]);
  t.same(await contentOf(join(base, 'alias'), 'file'), ['content', 7], 'the folder itself may be a link');
  for (const path of [
    'none',
    'deep',
    'file/x',
    'leading-out',
    'up/outside',
    'up',
    'loop',
    'pipe',
    'a\0b',
    'x'.repeat(300),
  ]) {
    t.equal(await contentOf(folder, path), undefined, JSON.stringify(path.slice(0, 20)));
  }
  t.equal(await contentOf(join(base, 'none'), 'file'), undefined, 'no folder');
});
