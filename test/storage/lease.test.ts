import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { Lease } from '../../src/storage/lease.ts';
import { type MediaManifest, manifestName, writeManifest } from '../../src/storage/media-manifest.ts';
import { MediaStore } from '../../src/storage/media-store.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { manifestAt, plainMedia } from './media-on-disk.ts';

const elsewhere = { id: 'other', host: 'of another server', process: '1 1' };

/** A server that shares a folder with others. */
async function server(t: Test, root: string) {
  const clock = new HeldClock(Date.now());
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const store = await MediaStore.open({
    ...{ kinds: [plainMedia(root)], sealer: new Sealer('a'.repeat(32), 'test'), retention: {}, minFree: 0 },
    openBucket: () => {
      throw new Error('No store.');
    },
    ...{ isLive: () => false, clock, logger },
  });
  t.teardown(() => store.close());
  return { store, clock, log };
}

/** A medium on which somebody else works. */
async function foreign(root: string, owner: MediaManifest['owner']): Promise<string> {
  const folder = join(root, 'room', 'part');
  const shared = {
    version: 2,
    kind: 'recording',
    state: 'recording',
    roomId: 'room',
    startedAt: 0,
    files: {},
  } as const;
  await writeManifest(join(folder, manifestName), { ...shared, ...(owner && { owner }) });
  return folder;
}

t.test('media of a live server is not touched, and completed soon after its death', async (t) => {
  const root = t.testdir({ room: { part: { 'a.mkv': 'media' } } });
  const folder = await foreign(root, elsewhere);
  const { store, clock, log } = await server(t, root);
  const path = join(folder, manifestName);
  const look = async () => {
    clock.advance(30_000);
    await store.settled();
  };
  for (let seconds = 1; seconds <= 3; seconds += 1) {
    await utimes(path, seconds, seconds);
    await look();
  }
  t.match(await manifestAt(folder), { state: 'recording', owner: elsewhere }, 'as long as it gives signs of life');
  t.strictSame(log, []);
  await look();
  t.match(await manifestAt(folder), { files: { 'a.mkv': { size: 5 } }, owner: undefined });
});

t.test('where nothing tells which processes run, heartbeats do', async (t) => {
  const clock = new HeldClock();
  const lease = await Lease.open(clock);
  t.teardown(() => lease.close());
  const owner = { ...lease.owner, id: 'other', process: '999999999 ' };
  t.equal(await lease.isFree('x', owner, 1), false);
  clock.advance(30_000);
  t.equal(await lease.isFree('x', owner, 1), true);
});

t.test('a process of this host that is gone is known to be dead at once, one that runs to live', async (t) => {
  const other = spawn('sleep', ['100']);
  const pid = other.pid ?? 0;
  const lease = await Lease.open(new HeldClock());
  t.teardown(() => lease.close());
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ');
  const owner = { ...lease.owner, id: 'other', process: `${pid} ${fields[21]}` };
  t.equal(await lease.isFree('x', owner, 0), false);
  t.equal(await lease.isFree('x', { ...owner, process: `${pid} 1` }, 0), true, 'the id belongs to another one now');
  t.equal(await lease.isFree('x', lease.owner, 0), false, 'nor is our own free');
  t.equal(await lease.isFree('x', undefined, 0), true);
  other.kill('SIGKILL');
  await once(other, 'exit');
  t.equal(await lease.isFree('x', owner, 0), true);
});

t.test('only one of two servers takes a free medium', async (t) => {
  const root = t.testdir({ room: { part: { 'a.mkv': 'media' } } });
  await foreign(root, undefined);
  const servers = await Promise.all([server(t, root), server(t, root), server(t, root)]);
  for (const { store } of servers) await store.settled();
  t.strictSame(
    servers.flatMap(({ log }) => log).filter((line) => line.includes('interrupted')),
    ['A recording was interrupted; it is completed now.'],
  );
});

t.test('signs of life go on as long as something is recorded', async (t) => {
  const { store, clock } = await server(t, t.testdir());
  const media = await store.begin({ kind: 'recording', roomId: 'room', folder: join('room', 'part') });
  const path = join(media?.folder ?? '', manifestName);
  const before = (await stat(path)).mtimeMs;
  await eventually('a sign', async () => {
    clock.advance(5000);
    return (await stat(path)).mtimeMs > before + 50_000;
  });
  await writeFile(join(media?.folder ?? '', 'a.mkv'), 'media');
  await media?.completed();
  t.match(await manifestAt(path), { state: 'stored', owner: undefined });
});

t.test('a server that was stopped for so long that another has taken over does not write any more', async (t) => {
  const root = t.testdir();
  const { store, log } = await server(t, root);
  const media = await store.begin({ kind: 'recording', roomId: 'room', folder: join('room', 'part') });
  await writeFile(join(media?.folder ?? '', 'a.mkv'), 'media');
  await foreign(root, elsewhere);
  await media?.completed();
  t.match(await manifestAt(media?.folder ?? ''), { state: 'recording', owner: elsewhere });
  await store.settled();
  t.strictSame(log, [
    'The end of a recording could not be noted yet.',
    'A recording was taken over by another server.',
  ]);
});
