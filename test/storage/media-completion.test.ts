import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { MediaCompletion, type MediaCompletionOptions } from '../../src/storage/media-completion.ts';
import { readManifest } from '../../src/storage/media-manifest.ts';
import { StoredMedia } from '../../src/storage/stored-media.ts';
import { UploadQueue } from '../../src/storage/upload-queue.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { account, S3Store } from './s3-store.ts';

const mebibyte = 1024 * 1024;

async function open(t: Test, options: Partial<MediaCompletionOptions> = {}) {
  const s3 = await S3Store.open(t);
  const folder = await mkdtemp(join(tmpdir(), 'shoal-completion-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const clock = new HeldClock(Date.now());
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const openBucket = s3.opener();
  const uploads = new UploadQueue({ account: () => account, openBucket, clock, logger });
  const completion = new MediaCompletion({ uploads, finishers: [], composeFilm: undefined, clock, logger, ...options });
  t.teardown(() => completion.close());
  const create = async (upload?: { prefix: string }) => {
    const media = await StoredMedia.create(folder, { roomId: 'room', startedAt: 0, ...(upload && { upload }) });
    await writeFile(join(folder, 'a.mkv'), 'media');
    return media;
  };
  return { s3, folder, clock, log, openBucket, completion, create };
}

t.test('what cannot be completed is tried again, at growing distances', async (t) => {
  const failures = [new Error('No'), new Error('No')];
  const finisher = async () => {
    const failure = failures.pop();
    if (failure) throw failure;
  };
  const { folder, clock, log, completion, create } = await open(t, { finishers: [finisher] });
  const media = await create();
  await media.finalise(1);
  completion.add(media);
  t.ok(completion.isBusy(folder));
  for (const wait of [2000, 4000]) {
    await clock.whenPending(1);
    t.match(await readManifest(folder), { state: 'finalising' });
    clock.advance(wait);
  }
  await completion.done(folder);
  t.notOk(completion.isBusy(folder));
  t.match(await readManifest(folder), { state: 'stored', files: { 'a.mkv': { size: 5 } } });
  t.same(log, [...Array(2).fill('A recording could not be completed; it is tried again.'), 'A recording is complete.']);
});

t.test('of media that was taken away nothing stays in the store, either', async (t) => {
  const { s3, folder, clock, log, openBucket, completion, create } = await open(t);
  const media = await create({ prefix: '' });
  await appendFile(join(folder, 'a.mkv'), Buffer.alloc(6 * mebibyte));
  const bucket = openBucket(account);
  await media.uploadParts('a.mkv', bucket, new AbortController().signal);
  bucket.close();
  t.equal(Object.keys(await s3.parts.pending()).length, 1);
  await media.finalise(1);
  await rm(folder, { recursive: true });
  completion.add(media);
  await completion.settled();
  t.same(await s3.parts.pending(), {});
  t.same(log, ['A recording was taken away.']);
  t.equal(clock.pending, 0);
});

t.test('media that cannot be reached has not been taken away', async (t) => {
  const { folder, clock, log, completion, create } = await open(t);
  const media = await create();
  await media.finalise(1);
  await rm(folder, { recursive: true });
  await symlink(folder, folder);
  void completion.add(media);
  await clock.whenPending(1);
  await rm(folder);
  clock.advance(2000);
  await completion.settled();
  t.same(log, ['A recording could not be completed; it is tried again.', 'A recording was taken away.']);
});

t.test('films are made one after the other', async (t) => {
  const made: string[] = [];
  const composeFilm = async (path: string) => {
    made.push(`begin ${path}`);
    await writeFile(join(path, 'room.mp4'), 'film');
    // time enough for another one
    await new Promise((resolve) => setTimeout(resolve, 100));
    made.push(`end ${path}`);
  };
  const { folder, completion } = await open(t, { composeFilm });
  const paths = ['one', 'other'].map((name) => join(folder, name));
  for (const path of paths) {
    await mkdir(path);
    const media = await StoredMedia.create(path, { roomId: 'room', startedAt: 0, film: true });
    await writeFile(join(path, 'a.mkv'), 'media');
    await media.finalise(1);
    void completion.add(media);
  }
  await completion.settled();
  t.equal(made.length, 4);
  t.equal(made[1], made[0]?.replace('begin', 'end'));
  for (const path of paths) t.match(await readManifest(path), { state: 'stored' });
});

t.test('nothing to go on with', async (t) => {
  const { folder, log, completion, create } = await open(t);
  await completion.resume(folder);
  const media = await create();
  await media.finalise(1);
  await media.complete(new AbortController().signal);
  await completion.resume(folder);
  t.notOk(completion.isBusy(folder));
  t.same(log, []);
  await completion.close();
  await t.rejects(completion.done(folder), 'whoever waits is told of the end');
});
