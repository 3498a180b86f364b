import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { S3Bucket, type UploadOptions } from '../../src/storage/s3-bucket.ts';
import { StoreError } from '../../src/storage/store-error.ts';
import type { StoredMedia } from '../../src/storage/stored-media.ts';
import { UploadQueue } from '../../src/storage/upload-queue.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { madeMedia, manifestAt } from './media-on-disk.ts';

const account = { bucket: 'b', region: 'r', accessKeyId: 'a', secretAccessKey: 's' };

/** A store that answers as a test says, and a queue before it. */
class World {
  readonly clock = new HeldClock(1_700_000_000_000);
  readonly log: string[] = [];
  readonly queue: UploadQueue;
  /** What was asked for, and how to answer. */
  readonly asked: { readonly key: string; readonly answer: (error?: Error) => void }[] = [];
  open = 0;
  known = true;
  #onAsked: () => void = () => undefined;

  constructor() {
    const bucket = {
      removeParts: async () => undefined,
      upload: ({ key, signal }: UploadOptions) =>
        new Promise<void>((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
          this.asked.push({ key, answer: (error) => (error ? reject(error) : resolve()) });
          this.#onAsked();
        }),
      close: () => {
        this.open -= 1;
      },
    };
    this.queue = new UploadQueue({
      account: () => (this.known ? account : undefined),
      openBucket: () => {
        this.open += 1;
        return bucket as unknown as S3Bucket;
      },
      clock: this.clock,
      logger: pino({}, { write: (line) => this.log.push(JSON.parse(line).msg) }),
    });
  }

  /** A recording of one file, complete. */
  async media(t: Test): Promise<StoredMedia> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-queue-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const media = await madeMedia(folder, { upload: { prefix: '' } });
    await writeFile(join(folder, 'a.mkv'), 'media');
    await media.finalise(0);
    await media.complete(undefined, new AbortController().signal);
    return media;
  }

  /** Waits until so many uploads were asked for in all. */
  async attempts(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise<void>((resolve) => (this.#onAsked = resolve));
  }
}

t.test('an upload is retried with growing delays until it succeeds', async (t) => {
  const world = new World();
  const media = await world.media(t);
  const added = world.queue.add(media);
  for (const [index, wait] of [1000, 2000, 4000].entries()) {
    await world.attempts(index + 1);
    world.asked.at(-1)?.answer(new Error(`No ${index}`));
    await world.clock.whenPending(1);
    t.match(await manifestAt(media.folder), { state: 'uploading', reason: `No ${index}` });
    world.clock.advance(wait - 1);
    t.equal(world.asked.length, index + 1);
    world.clock.advance(1);
  }
  await world.attempts(4);
  world.asked.at(-1)?.answer();
  await added;
  t.match(await manifestAt(media.folder), { state: 'uploaded', reason: undefined });
  t.equal(world.open, 0, 'nothing stays open');
  t.same(world.log, [...Array(3).fill('An upload is tried again.'), 'A recording is uploaded.']);
});

t.test('after a day an upload has failed, and its files are kept', async (t) => {
  const world = new World();
  const media = await world.media(t);
  const added = world.queue.add(media);
  for (let attempt = 1; attempt < 1000; attempt += 1) {
    await world.attempts(attempt);
    world.asked.at(-1)?.answer(new Error('No'));
    const left = await Promise.race([added.then(() => 'given up'), world.clock.whenPending(1).then(() => 'waits')]);
    if (left === 'given up') break;
    world.clock.advance(5 * 60 * 1000);
  }
  await added;
  t.match(await manifestAt(media.folder), { state: 'failed', reason: 'No' });
  const hours = (world.clock.now() - 1_700_000_000_000) / 3_600_000;
  t.ok(hours > 23 && hours <= 24, `${hours} hours`);
  t.equal(world.log.at(-1), 'A recording could not be uploaded; its files are kept.');

  const again = world.queue.add(media);
  await world.attempts(world.asked.length + 1);
  t.match(await manifestAt(media.folder), { state: 'uploading' }, 'the next server tries it again');
  world.asked.at(-1)?.answer();
  await again;
});

t.test('two uploads run at a time', async (t) => {
  const world = new World();
  const added = await Promise.all([world.media(t), world.media(t), world.media(t)]);
  const all = added.map((media) => world.queue.add(media));
  await world.attempts(2);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(world.asked.length, 2);
  world.asked[0]?.answer();
  await world.attempts(3);
  for (const { answer } of world.asked) answer();
  await Promise.all(all);
});

t.test('closing ends a running upload and a pause', async (t) => {
  const world = new World();
  const [busy, pausing] = [await world.media(t), await world.media(t)];
  const all = [world.queue.add(busy), world.queue.add(pausing)];
  await world.attempts(2);
  world.asked[1]?.answer(new Error('No'));
  await world.clock.whenPending(1);
  await world.queue.close();
  await world.queue.close();
  await Promise.all(all);
  for (const { folder } of [busy, pausing]) t.match(await manifestAt(folder), { state: 'uploading' }, 'goes on later');
  t.equal(world.clock.pending, 0);
  t.equal(world.open, 0);
});

t.test('an upload without known credentials fails', async (t) => {
  const world = new World();
  world.known = false;
  const media = await world.media(t);
  await world.queue.add(media);
  t.match(await manifestAt(media.folder), { state: 'failed', reason: /not known any more/ });
  t.equal(world.open, 0);
});

for (const [name, change, reason] of [
  ['a region that is none', { region: '' }, 'The region of the bucket is not valid.'],
  ['a region that leads elsewhere', { region: 'x.example/y' }, 'The region of the bucket is not valid.'],
  ['a region that no host has', { region: '-' }, 'The region of the bucket is not valid.'],
  ['a bucket that is none', { bucket: '' }, 'The name of the bucket is not valid.'],
  ['a bucket that leads to another', { bucket: '..' }, 'The name of the bucket is not valid.'],
  ['a bucket with a blank', { bucket: 'a b' }, 'The name of the bucket is not valid.'],
  ['a bucket that the client cannot address', { bucket: 'arn:aws:s3:::b' }, /ARN/],
  ['a key that no header can hold', { accessKeyId: 'k\u00e4\n' }, 'The access key of the bucket is not valid.'],
  ['half of the credentials', { secretAccessKey: '' }, 'The credentials of the bucket are incomplete.'],
] as const) {
  t.test(`an upload to ${name} fails at once, with the reason`, async (t) => {
    const clock = new HeldClock();
    const queue = new UploadQueue({
      account: () => ({ ...account, ...change }),
      openBucket: (given) => new S3Bucket({ ...given, guard: new AddressGuard() }),
      ...{ clock, logger: pino({ enabled: false }) },
    });
    const media = await new World().media(t);
    await queue.add(media);
    t.match(await manifestAt(media.folder), { state: 'failed', reason });
    t.equal(clock.pending, 0);
  });
}

t.test('credentials that the store does not know are not tried for a day', async (t) => {
  const world = new World();
  const media = await world.media(t);
  const added = world.queue.add(media);
  await world.attempts(1);
  world.asked[0]?.answer(new StoreError(403, 'InvalidAccessKeyId'));
  await added;
  t.match(await manifestAt(media.folder), { state: 'failed', reason: /InvalidAccessKeyId/ });
});

t.test('a step of the time of day neither ends nor prolongs the day of retries', async (t) => {
  for (const [step, state] of [
    [48 * 3600 * 1000, 'uploading'],
    [-48 * 3600 * 1000, 'uploading'],
  ] as const) {
    const world = new World();
    const media = await world.media(t);
    const added = world.queue.add(media);
    await world.attempts(1);
    world.clock.setTime(world.clock.now() + step);
    world.asked[0]?.answer(new Error('No'));
    await world.clock.whenPending(1);
    t.match(await manifestAt(media.folder), { state });
    await world.queue.close();
    await added;
  }
});
