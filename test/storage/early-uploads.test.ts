import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { EarlyUploads } from '../../src/storage/early-uploads.ts';
import { readManifest } from '../../src/storage/media-manifest.ts';
import { reportName } from '../../src/storage/recording-report.ts';
import { StoredMedia } from '../../src/storage/stored-media.ts';
import { eventually } from '../eventually.ts';
import { account, S3Store } from './s3-store.ts';

async function open(t: Test, timeout?: number) {
  const s3 = await S3Store.open(t);
  const folder = await mkdtemp(join(tmpdir(), 'shoal-early-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const media = await StoredMedia.create(folder, { roomId: 'room', startedAt: 0, upload: { prefix: 'p' } });
  for (const name of ['a.mkv', 'b.mkv']) await writeFile(join(folder, name), `media of ${name}`);
  await writeFile(join(folder, reportName), '{}');
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const openBucket = s3.opener(timeout);
  const early = new EarlyUploads({ media, account, openBucket, logger });
  t.teardown(() => early.close());
  const names = async () => (await s3.keys()).map((key) => key.split('/').at(-1));
  const file = async (name: string) => (await readManifest(folder))?.files[name];
  /** Does what is done when the recording is over. */
  const finish = async () => {
    const { signal } = new AbortController();
    await early.close();
    await media.finalise(1);
    await media.complete(signal);
    const bucket = openBucket(account);
    await media.upload(bucket, signal).finally(() => bucket.close());
  };
  return { s3, folder, media, log, early, names, file, finish };
}

t.test('what is complete is there before the end, and does not go twice', async (t) => {
  const { s3, media, log, early, names, file, finish } = await open(t);
  early.add('a.mkv');
  await eventually('uploaded', async () => (await file('a.mkv'))?.uploaded === true);
  t.equal(media.state, 'recording', 'while it goes on');
  t.same(await names(), ['a.mkv']);
  t.match(await s3.keys(), [/^p\/[^/]+\/[^/]+\/a\.mkv$/]);
  await finish();
  t.same((await names()).sort(), ['a.mkv', 'b.mkv', reportName]);
  t.equal(media.state, 'uploaded');
  t.same(log, ['A track is uploaded.']);
});

t.test('a file that has changed all the same is uploaded again', async (t) => {
  const { s3, folder, early, file, finish } = await open(t);
  early.add('a.mkv');
  await eventually('uploaded', async () => (await file('a.mkv'))?.uploaded === true);
  await appendFile(join(folder, 'a.mkv'), ', and more');
  await finish();
  const [key = ''] = await s3.keys();
  t.equal(String(await s3.read(key)), 'media of a.mkv, and more');
});

t.test('a store in a bad mood costs nothing but time', async (t) => {
  const { s3, log, early, names, finish } = await open(t, 300);
  s3.mood = { status: 403 };
  early.add('a.mkv');
  early.add('gone.mkv');
  await eventually('refused', () => log.length === 2);
  t.same(new Set(log), new Set(['A track could not be uploaded yet; it is tried again at the end.']));
  s3.mood = 'fine';
  await finish();
  t.same((await names()).sort(), ['a.mkv', 'b.mkv', reportName]);
});

t.test('the end of the recording does not wait for a store that hangs', async (t) => {
  const { s3, log, early, names, finish } = await open(t);
  s3.mood = 'hanging';
  const trouble = s3.trouble();
  early.add('a.mkv');
  early.add('b.mkv');
  await trouble;
  await early.close();
  t.same(log, []);
  s3.mood = 'fine';
  await finish();
  t.same((await names()).sort(), ['a.mkv', 'b.mkv', reportName]);
});
