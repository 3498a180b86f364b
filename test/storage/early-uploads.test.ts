import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, open as openFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '../../src/clock/clock.ts';
import { EarlyUploads } from '../../src/storage/early-uploads.ts';
import { Lease } from '../../src/storage/lease.ts';
import type { MediaKind } from '../../src/storage/media-kind.ts';
import { StoredMedia } from '../../src/storage/stored-media.ts';
import { eventually } from '../eventually.ts';
import { madeMedia, manifestAt, plainMedia } from './media-on-disk.ts';
import { account, S3Store } from './s3-store.ts';

const mebibyte = 1024 * 1024;
const reportName = 'report.json';
/** Waits are a hundredth. */
const fastClock: Clock = { ...systemClock, schedule: (delay, task) => systemClock.schedule(delay / 100, task) };

async function open(t: Test, timeout?: number, changes: Partial<MediaKind> = {}) {
  const s3 = await S3Store.open(t);
  const folder = await mkdtemp(join(tmpdir(), 'shoal-early-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const media = await madeMedia(folder, { upload: { prefix: 'p' } }, plainMedia(dirname(dirname(folder)), changes));
  await writeFile(join(folder, reportName), '{}');
  const log: string[] = [];
  const logger = pino({}, { write: (line) => log.push(JSON.parse(line).msg) });
  const openBucket = s3.opener(timeout);
  const early = new EarlyUploads({ media, account, openBucket, clock: fastClock, logger });
  t.teardown(() => early.close());
  /** By the names of files. */
  const byName = <T>(byKey: Record<string, T>) =>
    Object.fromEntries(Object.entries(byKey).map(([key, value]) => [key.split('/').at(-1) ?? '', value]));
  const names = async () => (await s3.keys()).map((key) => key.split('/').at(-1));
  const parts = async () => byName(await s3.parts.pending());
  const file = async (name: string) => (await manifestAt(folder))?.files[name];
  /** Waits until so many parts of a file are there and noted. */
  const sent = async (name: string, count: number) =>
    await eventually(`${count} parts of ${name}`, async () => {
      return (await manifestAt(folder))?.growing?.[name]?.etags.length === count && (await parts())[name] === count;
    });
  const grow = async (name: string, length: number) => await appendFile(join(folder, name), randomBytes(length));
  const upload = async (of: StoredMedia) => {
    const bucket = openBucket(account);
    await of.upload(bucket, new AbortController().signal).finally(() => bucket.close());
  };
  /** Does what is done when the recording is over. */
  const finish = async (of = media) => {
    await early.close();
    await of.finalise(1);
    await of.complete(undefined, new AbortController().signal);
    await upload(of);
  };
  const isThere = async (name: string) => {
    const key = (await s3.keys()).find((each) => each.endsWith(`/${name}`)) ?? '';
    return (await readFile(join(folder, name))).equals(await s3.read(key));
  };
  return { s3, folder, media, log, early, names, parts, sent, file, grow, upload, finish, isThere };
}

t.test('complete files are uploaded before the end, and not twice', async (t) => {
  const { s3, media, log, early, names, file, grow, finish } = await open(t);
  await grow('a.mkv', 100);
  await grow('b.mkv', 100);
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

for (const [tags, rest] of [
  ['s3', 4],
  ['whole', 4],
  ['opaque', 23],
] as const) {
  t.test(`parts of a growing file are uploaded before it is complete, where tags are ${tags}`, async (t) => {
    const { s3, folder, media, names, parts, sent, grow, upload, finish, isThere } = await open(t);
    s3.parts.tags = tags;
    await grow('a.mkv', 4 * mebibyte);
    await grow('b.mkv', 6 * mebibyte);
    await sent('b.mkv', 1);
    await grow('a.mkv', 7 * mebibyte);
    await sent('a.mkv', 2);
    t.match(await manifestAt(folder), {
      state: 'recording',
      growing: { 'a.mkv': { etags: [String, String] }, 'b.mkv': { etags: [String] } },
    });
    t.same(await names(), [], 'nothing that is half');
    await grow('a.mkv', 2 * mebibyte + 1);
    s3.mood = 'fine';
    if (tags === 'opaque') {
      await t.rejects(finish(), /does not hold what was uploaded/, 'nothing says that it is what it should be');
      await t.rejects(upload(media), /does not hold what was uploaded/);
      await upload(media);
    } else await finish();
    t.ok(await isThere('a.mkv'));
    t.ok(await isThere('b.mkv'));
    const { growing, state } = (await manifestAt(folder)) ?? {};
    t.strictSame({ growing, state }, { growing: undefined, state: 'uploaded' });
    t.same(await parts(), {}, 'nothing stays behind');
    t.equal(Math.round(s3.passed / mebibyte), rest, 'MiB that went at the end');
  });
}

t.test('a file whose head is written at its end is what it is in the end', async (t) => {
  const traits = (name: string) => ({ appended: name !== reportName, headLast: name !== reportName });
  const { s3, folder, sent, grow, finish, isThere } = await open(t, undefined, { traits });
  await grow('a.mkv', 11 * mebibyte);
  await sent('a.mkv', 1);
  await grow('a.mkv', 5 * mebibyte);
  await sent('a.mkv', 2);
  const file = await openFile(join(folder, 'a.mkv'), 'r+');
  await file.write(randomBytes(100), 0, 100, 50);
  await file.close();
  await grow('a.mkv', 100);
  s3.mood = 'fine';
  await finish();
  t.ok(await isThere('a.mkv'));
  t.equal(Math.round(s3.passed / mebibyte), 6, 'MiB that went at the end: the first part and the rest');
});

t.test('the next server continues with the uploaded parts', async (t) => {
  const { s3, folder, media, early, sent, grow, finish, isThere } = await open(t);
  await grow('a.mkv', 11 * mebibyte);
  await sent('a.mkv', 2);
  await early.close();
  const bucket = s3.opener()(account);
  // what a crash before it was noted leaves
  const elsewhere = join(folder, 'a.mkv');
  await bucket.uploadParts({ path: elsewhere, key: 'p/other/part/a.mkv' });
  const [key = ''] = Object.keys(await s3.parts.pending()).filter((each) => !each.includes('other'));
  await bucket.uploadParts({ path: elsewhere, key: key.replace('a.mkv', 'lost.mkv') });
  bucket.close();
  s3.mood = 'fine';
  await media.release();
  const lease = await Lease.open(fastClock);
  t.teardown(() => lease.close());
  const loaded = await StoredMedia.load(media.kind, media.path, lease);
  t.ok(await loaded?.take());
  if (loaded) await finish(loaded);
  t.ok(await isThere('a.mkv'));
  t.ok(s3.passed < 2 * mebibyte, 'without sending them again');
  t.same(Object.keys(await s3.parts.pending()), ['p/other/part/a.mkv'], 'what is not ours is left alone');
  t.equal(media.state, 'recording');
});

t.test('parts that a file no longer begins with are not used', async (t) => {
  const { folder, parts, sent, grow, finish, isThere } = await open(t);
  await grow('a.mkv', 11 * mebibyte);
  await sent('a.mkv', 2);
  await truncate(join(folder, 'a.mkv'), 9.5 * mebibyte);
  await finish();
  t.ok(await isThere('a.mkv'));
  t.same(await parts(), {});
});

t.test('parts that the store has removed are sent again', async (t) => {
  const { s3, folder, parts, sent, grow, finish, isThere } = await open(t);
  await grow('a.mkv', 6 * mebibyte);
  await sent('a.mkv', 1);
  const bucket = s3.opener()(account);
  await bucket.removeParts('p/');
  t.same(await parts(), {});
  bucket.close();
  await grow('a.mkv', 6 * mebibyte);
  await sent('a.mkv', 2);
  t.match(await manifestAt(folder), { growing: { 'a.mkv': { etags: [String, String] } } });
  await finish();
  t.ok(await isThere('a.mkv'));
});

t.test('a file that has changed is uploaded again', async (t) => {
  const { early, file, grow, finish, isThere } = await open(t);
  await grow('a.mkv', 100);
  early.add('a.mkv');
  await eventually('uploaded', async () => (await file('a.mkv'))?.uploaded === true);
  await grow('a.mkv', 100);
  await finish();
  t.ok(await isThere('a.mkv'));
});

t.test('a store that fails for a while is used again during the recording', async (t) => {
  const { s3, log, early, file, sent, grow, finish, isThere } = await open(t, 1000);
  s3.mood = { status: 403 };
  await grow('a.mkv', 100);
  await grow('b.mkv', 6 * mebibyte);
  early.add('a.mkv');
  for (let times = 0; times < 3; times += 1) await s3.trouble();
  t.same(log, ['A recording cannot be uploaded while it goes on; it is tried again.'], 'it is said once');
  s3.mood = 'fine';
  await eventually('uploaded', async () => (await file('a.mkv'))?.uploaded === true);
  await sent('b.mkv', 1);
  await eventually('said', () => log.at(-1) === 'The store takes the recording again.');
  s3.mood = { cutAfter: 2 * mebibyte };
  const trouble = s3.trouble();
  await grow('b.mkv', 5 * mebibyte);
  await trouble;
  s3.mood = 'fine';
  await sent('b.mkv', 2);
  await finish();
  t.ok(await isThere('b.mkv'));
});

t.test('the end of a recording does not wait for a store that hangs', async (t) => {
  const { s3, log, early, names, grow, finish } = await open(t);
  s3.mood = 'hanging';
  const trouble = s3.trouble();
  await grow('a.mkv', 100);
  await grow('b.mkv', 100);
  early.add('a.mkv');
  await trouble;
  await early.close();
  t.same(log, []);
  s3.mood = 'fine';
  await finish();
  t.same((await names()).sort(), ['a.mkv', 'b.mkv', reportName]);
});
