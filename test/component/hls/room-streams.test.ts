import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../../src/clock/clock.ts';
import { HlsMedia } from '../../../src/component/hls/hls-media.ts';
import { type RoomStreamOptions, RoomStreams } from '../../../src/component/hls/room-streams.ts';
import type { RoomEvent } from '../../../src/room/room-event.ts';
import { RoomEvents } from '../../../src/room/room-events.ts';
import { folderName } from '../../../src/storage/folder-name.ts';
import { MediaStore } from '../../../src/storage/media-store.ts';
import { Sealer } from '../../../src/storage/sealed-text.ts';
import { createRoom } from '../../room/room-world.ts';
import { PowerLoss } from '../../storage/power-loss.ts';
import { account, S3Store } from '../../storage/s3-store.ts';

/** Waits are a hundredth. */
const fastClock: Clock = { ...systemClock, schedule: (delay, task) => systemClock.schedule(delay / 100, task) };
const wrong = { ...account, secretAccessKey: 'wrong' };

async function resources(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-streams-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server, as far as streams go. */
async function start(t: Test, resourcesBasePath: string, s3: S3Store, secret = 'a') {
  const log: string[] = [];
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  const events = new RoomEvents();
  events.subscribe((event: RoomEvent) => {
    heard.push(event.type);
    for (const resolve of waiting.splice(0)) resolve();
  });
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const store = await MediaStore.open({
    kinds: [new HlsMedia(resourcesBasePath, events, logger)],
    ...{ logger, retention: {}, minFree: 0, isLive: () => false, clock: fastClock, openBucket: s3.opener(2000) },
    sealer: new Sealer(secret.repeat(32), 'test'),
  });
  const streams = new RoomStreams(store, logger);
  const close = async () => {
    await streams.close();
    await store.close();
  };
  t.teardown(close);
  const told = async (count = 1) => {
    while (heard.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return heard;
  };
  return { streams, store, close, log, heard, told };
}

type Running = Awaited<ReturnType<typeof start>>;

/** A room whose stream has one file, and ends. @returns the folder */
async function stream(
  { streams }: Running,
  s3: typeof account | null,
  persistent = false,
  roomId = 'room',
): Promise<string> {
  const { room } = createRoom({ roomId });
  const { folder, release } = await streams.open(room, { persistent, s3 });
  await folder.write('index.m3u8', '#EXTM3U\n#EXT-X-ENDLIST\n');
  const closed = room.close();
  release();
  await closed;
  return folder.path;
}

const isThere = async (path: string) => (await access(path).catch(() => 'no')) !== 'no';

t.test('a persistent stream survives a power loss', async (t) => {
  const s3 = await S3Store.open(t);
  const kept = async (options: RoomStreamOptions) => {
    const server = await start(t, await resources(t), s3);
    const { room } = createRoom();
    const { folder, release } = await server.streams.open(room, options);
    const disk = await PowerLoss.watch(t, folder.path);
    folder.append('s', Buffer.from('media'));
    await folder.complete('s', Buffer.from('media'));
    folder.writeText('list', () => 's');
    await folder.settle();
    release();
    const left = t.testdir();
    await disk.restore(left);
    return Object.fromEntries(
      await Promise.all((await readdir(left)).map(async (name) => [name, await readFile(join(left, name), 'utf8')])),
    );
  };
  t.strictSame(await kept({ persistent: true, s3: null }), { s: 'media', list: 's' });
  t.strictSame(await kept({ persistent: false, s3: account }), { s: 'media', list: 's' });
  t.strictSame(await kept({ persistent: false, s3: null }), {}, 'nobody waits for the disk in vain');
});

t.test('a stream is uploaded after a failure of the store, then removed', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const server = await start(t, base, s3);
  s3.mood = { status: 503 };
  const trouble = s3.trouble();
  const folder = await stream(server, account);
  await trouble;
  s3.mood = 'fine';
  t.strictSame(await server.told(), ['hlsUploaded']);
  t.strictSame(await s3.keys(), ['room/index.m3u8']);
  await server.close();
  t.equal(await isThere(folder), false);
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
});

t.test('the stream of a room with a long id is kept, uploaded or removed like any other', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const server = await start(t, base, s3);
  const roomId = 'x'.repeat(512);
  const name = folderName(roomId);
  await stream(server, null, true, roomId);
  await stream(server, account, false, roomId);
  t.strictSame(await server.told(), ['hlsUploaded']);
  t.strictSame(await s3.keys(), [`${name}/index.m3u8`]);
  await server.close();
  t.strictSame(await readdir(join(base, 'recordings', name)), ['index.m3u8']);
  t.strictSame(await readdir(join(base, 'temporary_hls')), []);
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
});

t.test('a failed upload is retried by the next server', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const first = await start(t, base, s3);
  s3.mood = 'gone';
  const folder = await stream(first, account, true);
  t.strictSame(await first.told(), ['hlsUploadCrashed']);
  await first.close();
  t.ok(await isThere(folder), 'kept where it is');

  s3.mood = 'fine';
  const foreign = await start(t, base, s3, 'b');
  t.strictSame(await foreign.told(), ['hlsUploadCrashed'], 'a server that cannot read the credentials');
  t.ok(foreign.log.includes('A stream could not be uploaded; its files are kept.'));
  await foreign.close();
  t.strictSame(await s3.keys(), []);

  const second = await start(t, base, s3);
  t.ok(second.log.includes('An upload was interrupted; it goes on.'));
  t.strictSame(await second.told(), ['hlsUploaded']);
  await second.close();
  t.strictSame(await s3.keys(), ['room/index.m3u8']);
  t.ok(await isThere(folder), 'a recording stays');
});

t.test('a refused upload is not repeated, and its stream is moved aside for the next one', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const server = await start(t, base, s3);
  const folder = await stream(server, wrong);
  t.strictSame(await server.told(), ['hlsUploadCrashed']);
  t.ok(await isThere(folder));
  const next = await stream(server, null);
  t.equal(next, folder);
  await server.close();
  t.equal(await isThere(folder), false, 'the next one is over, too');
  const [kept = '', ...others] = await readdir(join(base, 'hls_uploads'));
  t.strictSame(others, [`${kept}.json`]);
  t.match(kept, /^room_\d{4}-/);
  t.match(await readFile(join(base, 'hls_uploads', kept, 'index.m3u8'), 'utf8'), /ENDLIST/);
  t.ok(server.log.includes('A stream that is not uploaded yet is set aside.'));
});

t.test('a stream that was moved aside is uploaded under a name of its own', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const server = await start(t, base, s3);
  s3.mood = 'gone';
  await stream(server, account, true);
  t.strictSame(await server.told(), ['hlsUploadCrashed']);
  const next = createRoom().room;
  const { folder, release } = await server.streams.open(next, { persistent: true, s3: account });
  const [aside = ''] = await readdir(join(base, 'hls_uploads'));
  t.match(await readdir(join(base, 'hls_uploads', aside)), ['index.m3u8']);
  await folder.write('index.m3u8', '#EXTM3U\n#EXT-X-ENDLIST\n');
  s3.mood = 'fine';
  release();
  await next.close();
  t.strictSame(await server.told(3), ['hlsUploadCrashed', 'hlsUploaded', 'hlsUploaded']);
  await server.close();
  t.strictSame(await s3.keys(), ['room/index.m3u8', `${aside}/index.m3u8`]);
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
  t.strictSame(await readdir(join(base, 'recordings')), ['room'], 'the newer recording stays');
});

t.test('a recording that is deleted before its upload is not uploaded', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const first = await start(t, base, s3);
  const folder = await stream(first, wrong, true);
  await first.told();
  await first.close();
  await rm(folder, { recursive: true });
  const second = await start(t, base, s3);
  await second.close();
  t.strictSame(second.heard, [], 'nothing is owed');
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
});

t.test('a server that closes during an upload leaves it to the next one', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const first = await start(t, base, s3);
  s3.mood = 'hanging';
  const trouble = s3.trouble();
  await stream(first, account);
  await trouble;
  await first.close();
  t.strictSame(first.heard, [], 'it has not failed');
  s3.mood = 'fine';
  const second = await start(t, base, s3);
  t.strictSame(await second.told(), ['hlsUploaded']);
});

t.test('streams of a crash that were not persistent are removed', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  await mkdir(join(base, 'temporary_hls', 'room'), { recursive: true });
  await writeFile(join(base, 'temporary_hls', 'room', 'muxed_segment_0_g2QABXZpZGVv.m4s'), 'media');
  await start(t, base, s3);
  t.strictSame(await readdir(join(base, 'temporary_hls')), []);
});

t.test('a stream whose manifest cannot be read is not removed', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const folder = join(base, 'temporary_hls', 'room');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'muxed_segment_0_g2QABXZpZGVv.m4s'), 'media');
  await mkdir(join(base, 'hls_uploads'));
  await writeFile(join(base, 'hls_uploads', 'room_2026-01-01T00-00-00-000Z.json'), '{"version":2,"kind":"hls"');
  await start(t, base, s3);
  t.ok(await isThere(join(folder, 'muxed_segment_0_g2QABXZpZGVv.m4s')));
});

t.test('what a link in place of the folder leads to is not touched', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const elsewhere = t.testdir({ 'index.m3u8': 'mine', 'a.m4s': 'mine', 'film.webm': 'mine' });
  const server = await start(t, base, s3);
  for (const persistent of [true, false]) {
    const { room } = createRoom();
    const parent = join(base, persistent ? 'recordings' : 'temporary_hls');
    await mkdir(parent);
    await symlink(elsewhere, join(parent, room.id));
    await t.rejects(server.streams.open(room, { persistent, s3: null }), { message: /is not a folder/ });
    await room.close();
  }
  await server.close();
  await start(t, base, s3);
  t.strictSame((await readdir(elsewhere)).sort(), ['a.m4s', 'film.webm', 'index.m3u8']);
});

t.test('a component that is removed and added again is not uploaded twice', async (t) => {
  const s3 = await S3Store.open(t);
  const base = await resources(t);
  const server = await start(t, base, s3);
  const { room } = createRoom();
  const first = await server.streams.open(room, { persistent: false, s3: account });
  await first.folder.write('old.m4s', 'old');
  first.release();
  const second = await server.streams.open(room, { persistent: false, s3: account });
  await second.folder.write('index.m3u8', '#EXTM3U');
  second.release();
  await room.close();
  t.strictSame(await server.told(), ['hlsUploaded']);
  await server.close();
  t.strictSame(await s3.keys(), ['room/index.m3u8']);
  t.strictSame(await readdir(join(base, 'hls_uploads')), []);
});
