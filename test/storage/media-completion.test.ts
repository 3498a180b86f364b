import { appendFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { MediaCompletion } from '../../src/storage/media-completion.ts';
import type { MediaKind } from '../../src/storage/media-kind.ts';
import { UploadQueue } from '../../src/storage/upload-queue.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { madeMedia, manifestAt, plainMedia } from './media-on-disk.ts';
import { account, S3Store } from './s3-store.ts';

const mebibyte = 1024 * 1024;

async function open(t: Test, changes: Partial<MediaKind> = {}) {
  const s3 = await S3Store.open(t);
  const folder = await mkdtemp(join(tmpdir(), 'shoal-completion-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const clock = new HeldClock(Date.now());
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const openBucket = s3.opener();
  const uploads = new UploadQueue({ account: () => account, openBucket, clock, logger });
  const completion = new MediaCompletion({ uploads, clock, logger });
  t.teardown(() => completion.close());
  const create = async (upload?: { prefix: string }) => {
    const media = await madeMedia(folder, upload && { upload }, plainMedia(tmpdir(), changes));
    await writeFile(join(folder, 'a.mkv'), 'media');
    return media;
  };
  return { s3, folder, clock, log, openBucket, completion, create };
}

t.test('a failed completion is retried with growing delays', async (t) => {
  const failures = [new Error('No'), new Error('No')];
  const finish = async () => {
    const failure = failures.pop();
    if (failure) throw failure;
    return undefined;
  };
  const { folder, clock, log, completion, create } = await open(t, { finish });
  const media = await create();
  await media.finalise(1);
  const { finished, settled } = completion.add(media, { interrupted: false });
  await t.rejects(finished, { message: 'No' }, 'whoever waits is told of the first attempt');
  for (const wait of [2000, 4000]) {
    await clock.whenPending(1);
    t.match(await manifestAt(folder), { state: 'finalising' });
    clock.advance(wait);
  }
  await settled;
  t.match(await manifestAt(folder), { state: 'stored', files: { 'a.mkv': { size: 5 } } });
  t.same(log, [...Array(2).fill('A recording could not be completed; it is tried again.'), 'A recording is complete.']);
});

t.test('the unfinished uploads of removed media are aborted in the store', async (t) => {
  const { s3, folder, clock, log, openBucket, completion, create } = await open(t);
  const media = await create({ prefix: '' });
  await appendFile(join(folder, 'a.mkv'), Buffer.alloc(6 * mebibyte));
  const bucket = openBucket(account);
  await media.uploadParts('a.mkv', bucket, new AbortController().signal);
  bucket.close();
  t.equal(Object.keys(await s3.parts.pending()).length, 1);
  await media.finalise(1);
  await rm(folder, { recursive: true });
  completion.add(media, { interrupted: false });
  await completion.settled();
  t.same(await s3.parts.pending(), {});
  t.same(log, ['A recording was taken away.']);
  t.equal(clock.pending, 0);
});

t.test('media that cannot be reached does not count as removed', async (t) => {
  const { folder, clock, log, completion, create } = await open(t);
  const media = await create();
  await media.finalise(1);
  await rm(folder, { recursive: true });
  await symlink(folder, folder);
  completion.add(media, { interrupted: false });
  await clock.whenPending(1);
  await rm(folder);
  clock.advance(2000);
  await completion.settled();
  t.same(log, ['A recording could not be completed; it is tried again.', 'A recording was taken away.']);
});
