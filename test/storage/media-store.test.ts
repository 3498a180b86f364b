import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock/clock.ts';
import { RecordingMedia } from '../../src/component/recording/recording-media.ts';
import { readReport, writeReport } from '../../src/component/recording/recording-report.ts';
import { OutputMedia } from '../../src/output/output-media.ts';
import { ProgramFile } from '../../src/output/program-file.ts';
import { Lease } from '../../src/storage/lease.ts';
import type { MediaKind } from '../../src/storage/media-kind.ts';
import { type MediaState, manifestName, writeManifest } from '../../src/storage/media-manifest.ts';
import {
  type BeginOptions,
  MediaStore,
  type MediaStoreOptions,
  type OpenMedia,
} from '../../src/storage/media-store.ts';
import type { OpenBucket } from '../../src/storage/s3-bucket.ts';
import { Sealer } from '../../src/storage/sealed-text.ts';
import { MatroskaFile } from '../../workers/track-recorder/matroska-file.ts';
import { opusFormat } from '../../workers/track-recorder/track-format.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { eventually } from '../eventually.ts';
import { programSource, write } from '../program/program-source.ts';
import { decodedTimes } from '../recorded-media.ts';
import { madeMedia, manifestAt, plainMedia } from './media-on-disk.ts';
import { account, type Mood, S3Store } from './s3-store.ts';

/** Waits are a twentieth. */
const fastClock: Clock = { ...systemClock, schedule: (delay, task) => systemClock.schedule(delay / 20, task) };
const sealer = new Sealer('a'.repeat(32), 'test');
const settings = { width: 320, height: 180, frameRate: 30, audioChannels: 1 } as const;
const withoutStore: OpenBucket = () => {
  throw new Error('No store.');
};

async function emptyFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openStore(t: Test, folder: string, options: Partial<MediaStoreOptions> = {}) {
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const store = await MediaStore.open({
    kinds: [new RecordingMedia({ root: folder, settings, clock: fastClock, logger })],
    ...{ sealer, retention: {}, minFree: 0, isLive: () => false, clock: fastClock, logger },
    openBucket: withoutStore,
    ...options,
  });
  t.teardown(() => store.close());
  return { store, log };
}

async function begin(store: MediaStore, options: Omit<BeginOptions, 'kind'>): Promise<OpenMedia> {
  const media = await store.begin({ kind: 'recording', ...options });
  if (!media) throw new Error('There is no space.');
  return media;
}

const track = {
  type: 'audio',
  encoding: 'OPUS',
  offset: 0,
  clock_rate: 48_000,
  metadata: null,
  origin: 'peer',
} as const;

t.test('a local recording has its states, checksums and folder', async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await openStore(t, folder);
  const media = await begin(store, { roomId: 'room' });
  t.match(await manifestAt(media.folder), { state: 'recording', roomId: 'room', startedAt: media.startedAt });
  await writeFile(join(media.folder, 'a.mkv'), 'media');
  await writeFile(join(media.folder, 'half.mkv.tmp'), 'half');
  await media.finish();
  await media.finish();
  await store.settled();
  const sha256 = createHash('sha256').update('media').digest('hex');
  const manifest = await manifestAt(media.folder);
  t.match(manifest, { state: 'stored', endedAt: Number, files: { 'a.mkv': { size: 5, sha256, uploaded: false } } });
  t.strictSame(Object.keys(manifest?.files ?? {}), ['a.mkv'], 'nothing that is half');
});

for (const [name, mood] of [
  ['answers 403', { status: 403 }],
  ['answers 500', { status: 500 }],
  ['hangs', 'hanging'],
  ['is gone', 'gone'],
  ['drops in the middle of a part', { cutAfter: 8.5 * 1024 * 1024 }],
] satisfies [string, Mood][]) {
  t.test(`a store that ${name} gets the recording once it works again`, async (t) => {
    const s3 = await S3Store.open(t);
    const { store, log } = await openStore(t, await emptyFolder(t), { openBucket: s3.opener(1500), account });
    const media = await begin(store, { roomId: 'room', upload: { prefix: 'p' } });
    const bytes = randomBytes(9 * 1024 * 1024);
    await writeFile(join(media.folder, 'a.mkv'), bytes);
    await writeFile(join(media.folder, 'report.json'), '{}');
    s3.mood = mood;
    const trouble = s3.trouble();
    await media.finish();
    await trouble;
    await s3.trouble();
    t.match(await manifestAt(media.folder), { state: 'uploading' });
    t.strictSame(await s3.keys(), [], 'the report is the last that comes');
    s3.mood = 'fine';
    await store.settled();
    t.match(await manifestAt(media.folder), { state: 'uploaded', reason: undefined });
    const [key = '', report = ''] = await s3.keys();
    t.ok(bytes.equals(await s3.read(key)));
    t.match(report, /^p\/room\/part_.*\/report\.json$/);
    t.ok(log.includes('An upload is tried again.'));
  });
}

t.test('an upload continues in the next server with the credentials of the request', async (t) => {
  const s3 = await S3Store.open(t);
  const folder = await emptyFolder(t);
  const first = await openStore(t, folder, { openBucket: s3.opener() });
  const media = await begin(first.store, { roomId: 'room', upload: { prefix: '', account } });
  await writeFile(join(media.folder, 'a.mkv'), randomBytes(20 * 1024 * 1024));
  s3.mood = { cutAfter: 12 * 1024 * 1024 };
  const trouble = s3.trouble();
  await media.finish();
  await trouble;
  await first.store.close();
  const before = await manifestAt(media.folder);
  t.match(before, { state: 'uploading', files: { 'a.mkv': { progress: { etags: [String] } } } });
  t.notMatch(await readFile(join(media.folder, manifestName), 'utf8'), account.secretAccessKey);

  s3.mood = 'fine';
  const { store, log } = await openStore(t, folder, { openBucket: s3.opener() });
  t.match(log, ['An upload was interrupted; it goes on.']);
  await store.settled();
  t.match(await manifestAt(media.folder), { state: 'uploaded' });
  t.ok(s3.passed < 20 * 1024 * 1024, 'without sending the first part again');
});

t.test('an upload whose credentials cannot be read fails', async (t) => {
  const folder = await emptyFolder(t);
  const path = join(folder, 'room', 'part_1');
  await mkdir(path, { recursive: true });
  const account = new Sealer('b'.repeat(32), 'test').seal('{}');
  const file = { size: 1, sha256: 'x', uploaded: false };
  const shared = { version: 2, kind: 'recording', roomId: 'room', startedAt: 0, endedAt: 0 } as const;
  await writeManifest(join(path, manifestName), {
    ...shared,
    state: 'uploading',
    upload: { prefix: '', account },
    files: { a: file },
  });
  const { store } = await openStore(t, folder);
  await store.settled();
  t.match(await manifestAt(path), { state: 'failed', reason: /not known any more/ });
});

t.test('a recording that a crash interrupted is completed', async (t) => {
  const folder = await emptyFolder(t);
  const path = join(folder, 'room', 'part_1');
  await mkdir(path, { recursive: true });
  const shared = { version: 2, kind: 'recording', state: 'recording' } as const;
  await writeManifest(join(path, manifestName), { ...shared, roomId: 'room', startedAt: 0, files: {} });
  const failures: Error[] = [];
  const file = new MatroskaFile({
    path: join(path, 'a.mkv'),
    format: opusFormat,
    onFailure: (error) => failures.push(error),
  });
  // one frame of 20 ms (RFC 6716 section 3.1)
  const data = Buffer.alloc(50, 0xfc);
  for (let time = 0; time < 2000; time += 20) file.add({ data, key: true, time: 100 + time });
  await file.close();
  await truncate(join(path, 'a.mkv'), 4000);
  await writeFile(join(path, 'empty.mkv'), '');
  await writeFile(join(path, 'foreign.mkv'), 'not media at all');
  await writeFile(join(path, 'report.json.tmp'), '{"half');
  const old = { ...track, start_timestamp: 2 ** 32 - 960, end_timestamp: 2 ** 32 - 960 };
  await writeReport(path, { recording_id: 'room', tracks: { 'a.mkv': old, 'empty.mkv': old, 'foreign.mkv': old } });
  const film = new ProgramFile({ folder: path, name: 'room', onFailure: (error) => failures.push(error) });
  await write(await programSource({ seconds: 2 }), film);
  await truncate(join(path, 'room.mp4.part'), 60_000).catch(() => undefined);
  t.strictSame(failures, []);

  const { store, log } = await openStore(t, folder);
  await store.settled();
  t.ok(log.includes('A recording was interrupted; it is completed now.'), 'it says so');
  t.match(await manifestAt(path), { state: 'stored' });
  const report = await readReport(path);
  t.strictSame(Object.keys(report?.tracks ?? {}).sort(), ['a.mkv', 'foreign.mkv'], 'nothing that may be media is lost');
  const blocks = (report?.tracks['a.mkv']?.end_timestamp ?? 0) / 960 + 2;
  t.ok(blocks > 50 && blocks < 80 && Number.isInteger(blocks), `honest to the end: ${blocks}`);
  t.strictSame((await readdir(path)).sort(), ['a.mkv', 'foreign.mkv', manifestName, 'report.json', 'room.mp4']);
  t.ok((await decodedTimes(join(path, 'room.mp4'))).length > 10);
});

t.test('old media is deleted by retention and clean-up', async (t) => {
  const folder = await emptyFolder(t);
  const clock = new HeldClock(Date.now());
  const hour = 3600 * 1000;
  const make = async (name: string, state: MediaState, age: number, size = 10, uploaded?: boolean) => {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    const files = { a: { size, sha256: 'x', uploaded: uploaded ?? false } };
    const endedAt = clock.now() - age;
    const upload = uploaded === undefined ? {} : { upload: { prefix: '' } };
    const isLeased = state === 'recording' || state === 'uploading';
    const owner = isLeased ? { owner: { id: 'x', host: 'of another server', process: '1' } } : {};
    const shared = { version: 2, kind: 'recording', state, roomId: 'x', ...owner } as const;
    await writeManifest(join(path, manifestName), { ...shared, startedAt: 0, endedAt, files, ...upload });
    await utimes(join(path, manifestName), new Date(endedAt), new Date(endedAt));
  };
  const left = async () => {
    const rooms = await readdir(folder);
    return (
      await Promise.all(rooms.map(async (room) => (await readdir(join(folder, room))).map((part) => `${room}/${part}`)))
    )
      .flat()
      .sort();
  };
  const { store } = await openStore(t, folder, {
    clock,
    isLive: (roomId) => roomId === 'live',
    retention: { age: 48 * hour, size: 100 },
  });
  await make('a/old-uploaded', 'uploaded', 2 * hour);
  await make('a/new-uploaded', 'uploaded', hour / 2);
  await make('b/failed', 'failed', 100 * hour, 10, false);
  await make('b/uploading', 'uploading', 100 * hour);
  await make('b/recording', 'recording', 100 * hour);
  await make('c/expired', 'stored', 49 * hour);
  await make('c/without-film', 'failed', 49 * hour);
  await make('c/uploaded-without-film', 'failed', 49 * hour, 10, true);
  await make('b/new-without-film', 'failed', 2 * hour, 0, true);
  await make('d/big', 'stored', 20 * hour, 60);
  await make('d/bigger', 'stored', 10 * hour, 90);
  await make('live/old', 'uploaded', 100 * hour);
  await mkdir(join(folder, 'empty/part'), { recursive: true });
  await mkdir(join(folder, 'foreign/part'), { recursive: true });
  await writeFile(join(folder, 'foreign/part/x.msr'), 'of another server');
  clock.advance(600 * 1000);
  await eventually('the last of it is gone', async () => !(await readdir(folder)).includes('empty'));
  await store.close();
  t.strictSame(await left(), [
    'a/new-uploaded',
    'b/failed',
    'b/new-without-film',
    'b/recording',
    'b/uploading',
    'd/bigger',
    'foreign/part',
    'live/old',
  ]);
  t.strictSame((await readdir(folder)).sort(), ['a', 'b', 'd', 'foreign', 'live'], 'nor folders of rooms');
});

t.test('nothing is deleted because the time of day was set forward', async (t) => {
  for (const step of [10, 20_000]) {
    const folder = await emptyFolder(t);
    const day = 24 * 3600 * 1000;
    const now = Date.now();
    // The clock of this host was wrong at its start.
    const clock = new HeldClock(now - step * day);
    const { store, log } = await openStore(t, folder, { clock, retention: { age: 7 * day } });
    const media = await begin(store, { roomId: 'room' });
    await writeFile(join(media.folder, 'a.mkv'), 'media');
    await media.finished();
    await store.settled();
    const old = join(folder, 'room', 'old');
    await mkdir(old);
    const files = { a: { size: 1, sha256: 'x', uploaded: false } };
    const shared = { version: 2, kind: 'recording', roomId: 'room', startedAt: 0, files } as const;
    await writeManifest(join(old, manifestName), { ...shared, state: 'stored', endedAt: clock.now() - 8 * day });
    clock.setTime(now);
    clock.advance(600 * 1000);
    await eventually('what is old is deleted', async () => (await manifestAt(old)) === undefined);
    await store.close();
    t.match(await manifestAt(media.folder), { state: 'stored' }, `after ${step} days`);
    t.equal(log.filter((line) => line.includes('is deleted: it is old')).length, 1);
  }
});

t.test('a store whose folder cannot be read does not open', async (t) => {
  const folder = await emptyFolder(t);
  const outputs = join(folder, 'outputs');
  const kinds = [new OutputMedia(outputs, pino({ enabled: false }))];
  await writeFile(outputs, 'no folder');
  await t.rejects(openStore(t, folder, { kinds }), { code: 'ENOTDIR' });
  await rm(outputs);
  await openStore(t, folder, { kinds });
});

t.test('media that cannot be taken over does not keep the server from the rest', async (t) => {
  const folder = await emptyFolder(t);
  for (const name of ['a', 'b', 'c']) {
    await mkdir(join(folder, 'room', name), { recursive: true });
    await madeMedia(join(folder, 'room', name)).then((media) => media.release());
    await writeFile(join(folder, 'room', name, 'a.mkv'), 'media');
  }
  // As on a full disk, the manifest cannot be written.
  await mkdir(join(folder, 'room', 'b', `${manifestName}.part`));
  const { store, log } = await openStore(t, folder, { kinds: [plainMedia(folder)] });
  await store.settled();
  t.match(await manifestAt(join(folder, 'room', 'a')), { state: 'stored' });
  t.match(await manifestAt(join(folder, 'room', 'b')), { state: 'recording' });
  t.match(await manifestAt(join(folder, 'room', 'c')), { state: 'stored' });
  t.ok(log.includes('Media of a server could not be taken over.'));
});

t.test('a folder that cannot be read does not keep the server from the rest', async (t) => {
  const folder = await emptyFolder(t);
  await mkdir(join(folder, 'room', 'a'), { recursive: true });
  await madeMedia(join(folder, 'room', 'a')).then((media) => media.release());
  await writeFile(join(folder, 'room', 'a', 'a.mkv'), 'media');
  await mkdir(join(folder, 'lost+found'), { mode: 0 });
  if (process.getuid?.() === 0) {
    await chmod(folder, 0o777);
    for (const path of ['room', 'room/a']) await chmod(join(folder, path), 0o777);
    // Root may read everything.
    process.seteuid?.(65_534);
    t.teardown(() => process.seteuid?.(0));
  }
  const { store } = await openStore(t, folder, { kinds: [plainMedia(folder)] });
  await store.settled();
  t.match(await manifestAt(join(folder, 'room', 'a')), { state: 'stored' });
});

t.test('media that cannot be deleted does not keep the clean-up from the rest', async (t) => {
  const folder = await emptyFolder(t);
  for (const name of ['a', 'b', 'c']) {
    const path = join(folder, 'room', name);
    await mkdir(path, { recursive: true });
    const shared = {
      version: 2,
      kind: 'recording',
      roomId: 'room',
      startedAt: 0,
      endedAt: 0,
      state: 'stored',
    } as const;
    await writeManifest(join(path, manifestName), { ...shared, files: {} });
  }
  const kind = plainMedia(folder, {
    traits: () => {
      throw new Error('No.');
    },
  });
  await writeFile(join(folder, 'room', 'b', 'b.mkv.part'), 'media');
  const clock = new HeldClock(Date.now());
  const { store, log } = await openStore(t, folder, { kinds: [kind], clock, retention: { age: 1 } });
  clock.advance(600_000);
  await store.close();
  t.same(await readdir(join(folder, 'room')), ['b']);
  t.ok(log.includes('A recording could not be deleted.'));
});

t.test('complete media whose server died before it released it is not kept for ever', async (t) => {
  const folder = await emptyFolder(t);
  const dead = { ...(await Lease.open(systemClock)).owner, id: 'dead', process: '1 of before' };
  const kept = join(folder, 'room', 'kept');
  const removed = join(folder, 'room', 'removed');
  for (const path of [kept, removed]) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'a.mkv'), 'media');
    const shared = { version: 2, kind: 'recording', roomId: 'room', startedAt: 0, state: 'stored' } as const;
    const files = { 'a.mkv': { size: 5, sha256: 'x', uploaded: false } };
    await writeManifest(join(path, manifestName), {
      ...shared,
      files,
      details: { removed: path === removed },
      owner: dead,
    });
  }
  const outcome: MediaKind['outcome'] = ({ details }) => (details?.removed === true ? 'remove' : 'keep');
  const { store } = await openStore(t, folder, { kinds: [plainMedia(folder, { outcome })] });
  await store.settled();
  t.equal((await manifestAt(kept))?.owner, undefined, 'retention applies to it');
  t.same(await readdir(join(folder, 'room')), ['kept']);
});

t.test('a sealed text can be read with the same secret and purpose only', async (t) => {
  const sealed = sealer.seal('secret');
  t.equal(sealer.open(sealed), 'secret');
  t.not(sealer.seal('secret'), sealed);
  t.equal(new Sealer('a'.repeat(32), 'other').open(sealed), undefined);
  t.equal(sealer.open(`${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}`), undefined);
  t.equal(sealer.open('short'), undefined);
});
