import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { fileNames } from '../../../src/component/hls/file-names.ts';
import { HlsMedia, streamFolder } from '../../../src/component/hls/hls-media.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import type { Retention } from '../../../src/storage/clean-up.ts';
import { writeManifest } from '../../../src/storage/media-manifest.ts';
import { MediaStore } from '../../../src/storage/media-store.ts';
import { Sealer } from '../../../src/storage/sealed-text.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { eventually } from '../../eventually.ts';
import { account, S3Store } from '../../storage/s3-store.ts';

const hour = 3600 * 1000;
const now = 100 * hour;

/** Ten minutes of a server, with streams of so many bytes and hours that made way. @returns what is left */
async function left(t: Test, retention: Retention, busy?: string) {
  const base = t.testdir({ hls_uploads: {} });
  const parent = join(base, 'hls_uploads');
  for (const [name, bytes, age] of [
    ['a_1', 100, 50],
    ['b_2', 50, 2],
  ] as const) {
    await mkdir(join(parent, name));
    for (const [file, at] of [
      ['old.m4s', 0],
      ['new.m4s', now - age * hour],
    ] as const) {
      await writeFile(join(parent, name, file), Buffer.alloc(bytes));
      await utimes(join(parent, name, file), at / 1000, at / 1000);
    }
    const path = join(parent, `${name}.json`);
    const file = { size: bytes, sha256: 'x', uploaded: false };
    await writeManifest(path, {
      ...{ version: 2, kind: 'hls', state: 'failed', roomId: 'room', startedAt: 0, folder: `hls_uploads/${name}` },
      ...{ files: { 'old.m4s': file, 'new.m4s': file }, upload: { prefix: '', account: 'of another server' } },
      ...(name === busy && { state: 'uploading' as const, owner: { id: 'x', host: 'elsewhere', process: '1' } }),
    });
    await utimes(path, 0, 0);
  }
  const clock = new HeldClock(now);
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const store = await MediaStore.open({
    kinds: [new HlsMedia(base, new RoomEvents(), logger)],
    ...{ sealer: new Sealer('a'.repeat(32), 'test'), minFree: 0, isLive: () => false, clock, logger, retention },
    openBucket: () => {
      throw new Error('No store.');
    },
  });
  await store.settled();
  for (const name of ['a_1', 'b_2']) await utimes(join(parent, `${name}.json`), 0, 0);
  clock.advance(600_000);
  await store.close();
  const deleted = log.filter((line) => line === 'A stream is deleted: it is old.').length;
  return { names: (await readdir(parent)).sort(), deleted };
}

const everything = ['a_1', 'a_1.json', 'b_2', 'b_2.json'];
const newest = ['b_2', 'b_2.json'];

t.test('streams that made way are kept for ever where nothing else was said', async (t) => {
  t.strictSame(await left(t, {}), { names: everything, deleted: 0 });
});

t.test('streams that made way go when they are too old, by the newest file', async (t) => {
  t.strictSame(await left(t, { age: 24 * hour }), { names: newest, deleted: 1 });
  t.strictSame((await left(t, { age: 72 * hour })).names, everything);
});

t.test('streams that made way go when they are too much, the oldest first', async (t) => {
  t.strictSame((await left(t, { size: 250 })).names, newest);
  t.strictSame((await left(t, { size: 300 })).names, everything);
});

t.test('a stream does not go while it is uploaded', async (t) => {
  t.strictSame((await left(t, { age: 1 }, 'a_1')).names, ['a_1', 'a_1.json']);
});

t.test('media is uploaded first, playlists last with their type, and nothing else', async (t) => {
  const base = t.testdir();
  const s3 = await S3Store.open(t);
  const sent: [string, string | undefined][] = [];
  const logger = pino({ enabled: false });
  const store = await MediaStore.open({
    kinds: [new HlsMedia(base, new RoomEvents(), logger)],
    ...{ sealer: new Sealer('a'.repeat(32), 'test'), minFree: 0, isLive: () => false, retention: {}, logger },
    clock: new HeldClock(),
    openBucket: (given) => {
      const bucket = s3.opener()(given);
      const upload = bucket.upload.bind(bucket);
      bucket.upload = async (options) => {
        sent.push([options.key, options.contentType]);
        await upload(options);
      };
      return bucket;
    },
  });
  t.teardown(() => store.close());
  const folder = streamFolder('room', false);
  const media = await store.begin({ kind: 'hls', roomId: 'room', folder, upload: { prefix: '', account } });
  for (const name of ['b.m3u8', 'init.mp4', 'a.m4s', 'a.m4s.part', 'notes.txt', 'index.m3u8'])
    await writeFile(join(media?.folder ?? '', name), name);
  await media?.finish();
  await store.settled();
  const contentType = 'application/vnd.apple.mpegurl';
  t.strictSame(sent, [
    ['room/a.m4s', undefined],
    ['room/init.mp4', undefined],
    ['room/b.m3u8', contentType],
    ['room/index.m3u8', contentType],
  ]);
  t.strictSame(await readdir(join(base, 'temporary_hls', 'room')), ['notes.txt'], 'what is not ours stays');
});

t.test('a playlist that the disk does not take is closed at the next attempt', async (t) => {
  const base = t.testdir();
  const clock = new HeldClock();
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(line) });
  const store = await MediaStore.open({
    kinds: [new HlsMedia(base, new RoomEvents(), logger)],
    ...{ sealer: new Sealer('a'.repeat(32), 'test'), minFree: 0, isLive: () => false, retention: {}, logger, clock },
    openBucket: () => {
      throw new Error('No store.');
    },
  });
  t.teardown(() => store.close());
  const folder = streamFolder('room', true);
  const media = await store.begin({ kind: 'hls', roomId: 'room', folder, details: { persistent: true } });
  const { media: playlist, segment } = fileNames;
  await writeFile(join(base, folder, segment(0)), 'x');
  await writeFile(join(base, folder, playlist), `#EXTM3U\n#EXTINF:2.0,\n${segment(0)}\n`);
  const obstacle = join(base, folder, `${playlist}.part`);
  await mkdir(obstacle);
  await media?.finish();
  await eventually('the disk does not take it', () => log.some((line) => line.includes('could not be completed')));
  await rm(obstacle, { recursive: true });
  await eventually('closed', async () => {
    clock.advance(2000);
    return (await readFile(join(base, folder, playlist), 'utf8')).endsWith('#EXT-X-ENDLIST\n');
  });
});
