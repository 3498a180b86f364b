import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { StreamFolder } from '../../../src/component/hls/stream-folder.ts';

async function open(t: Test, path = join(t.testdir({ 'left.m4s': 'old' }))) {
  const log: string[] = [];
  const disk = { full: false };
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const folder = await StreamFolder.create({ path, logger, hasSpace: async () => !disk.full });
  const read = async (name: string) => await readFile(join(path, name), 'utf8');
  return { folder, log, disk, read, names: async () => (await readdir(path)).sort() };
}

const failed = 'A stream could not be stored; it goes on in memory.';

t.test('a new folder is empty and writes in order', async (t) => {
  const { folder, names, read } = await open(t);
  t.strictSame(await names(), []);
  void folder.write('a', 'one');
  t.equal(await folder.write('a', 'two'), true);
  folder.remove('none');
  t.equal(await read('a'), 'two');
  folder.remove('a');
  await folder.settle();
  t.strictSame(await names(), []);
});

t.test('a file in pieces gets its name at the end', async (t) => {
  const { folder, names, read } = await open(t);
  folder.append('s', Buffer.from('ab'));
  folder.append('s', Buffer.from('cd'));
  await folder.settle();
  t.strictSame(await names(), ['s.part']);
  t.equal(await read('s.part'), 'abcd');
  t.equal(await folder.complete('s', Buffer.from('abcd')), true);
  t.strictSame(await names(), ['s']);
});

t.test('of a text only the newest version is written, created when its turn comes', async (t) => {
  const { folder, read } = await open(t);
  const made: number[] = [];
  void folder.write('before', 'x');
  for (const version of [1, 2, 3]) {
    folder.writeText('list', () => {
      made.push(version);
      return String(version);
    });
  }
  await folder.settle();
  t.strictSame(made, [3]);
  t.equal(await read('list'), '3');
});

t.test('a stream survives a disk that is full for a while', async (t) => {
  const { folder, names, read, disk, log } = await open(t);
  folder.append('s0', Buffer.from('ab'));
  await folder.settle();
  disk.full = true;
  folder.append('s0', Buffer.from('cd'));
  t.equal(await folder.complete('s0', Buffer.from('abcd')), false);
  t.strictSame(await names(), [], 'nothing half');
  t.equal(await folder.write('list', 'small'), true, 'what lists the media finds room');
  folder.append('s1', Buffer.from('ab'));
  await folder.settle();
  disk.full = false;
  folder.append('s1', Buffer.from('cd'));
  t.equal(await folder.complete('s1', Buffer.from('abcd')), true);
  t.equal(await read('s1'), 'abcd', 'all of it, although a piece was refused');
  t.strictSame(log, [failed, 'A stream is stored again.']);
  disk.full = true;
  t.equal(await folder.complete('s2', Buffer.from('x')), false, 'of which no piece was ever there');
});

t.test('a deleted folder does not fail the stream', async (t) => {
  const { folder, log } = await open(t, join(t.testdir(), 'deep', 'er'));
  await rm(folder.path, { recursive: true });
  t.equal(await folder.write('a', 'x'), false);
  t.equal(await folder.write('b', 'x'), false);
  t.strictSame(log, [failed], 'said once');
});
