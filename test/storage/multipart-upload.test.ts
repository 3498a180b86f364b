import { createHash, randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import {
  contentTags,
  isBeginningOf,
  MultipartUpload,
  type UploadProgress,
} from '../../src/storage/multipart-upload.ts';
import { account, S3Store } from './s3-store.ts';

const mebibyte = 1024 * 1024;
const partSize = 5 * mebibyte;
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

t.test('a file is uploaded as it grows, then complete', async (t) => {
  const s3 = await S3Store.open(t);
  const { bucket, region, ...credentials } = account;
  const client = new S3Client({ region, credentials, endpoint: s3.endpoint, forcePathStyle: true });
  t.teardown(() => client.destroy());
  const bytes = randomBytes(11 * mebibyte);
  const path = join(t.testdir(), 'a.mkv');
  await writeFile(path, bytes);
  const file = await open(path);
  t.teardown(() => file.close());
  const steps: (UploadProgress | undefined)[] = [];
  const make = (key: string, progress?: UploadProgress) =>
    new MultipartUpload({
      ...{ client, partSize, progress, object: { Bucket: bucket, Key: key } },
      onProgress: async (now) => void steps.push(now),
    });
  await make('a.mkv').send(file, 4 * mebibyte, true);
  t.same(steps, [], 'nothing is whole');
  await make('a.mkv').send(file, 9 * mebibyte, true);
  t.match(await s3.parts.pending(), { 'a.mkv': 1 });
  const again = make('a.mkv', steps.at(-1));
  await again.send(file, bytes.length, false);
  await again.complete();
  t.ok(bytes.equals(await s3.read('a.mkv')));
  t.same(
    steps.map((step) => step?.etags.length),
    [0, 1, 2, 3],
  );
  const abandoned = make('b.mkv');
  await abandoned.send(file, bytes.length, true);
  t.match(await s3.parts.pending(), { 'b.mkv': 2 });
  await abandoned.abort();
  t.same(await s3.parts.pending(), {});
  t.equal(steps.at(-1), undefined);
});

t.test('the first part of a file whose first bytes are written last is uploaded last', async (t) => {
  const s3 = await S3Store.open(t);
  const { bucket, region, ...credentials } = account;
  const client = new S3Client({ region, credentials, endpoint: s3.endpoint, forcePathStyle: true });
  t.teardown(() => client.destroy());
  const path = join(t.testdir(), 'a.mkv');
  const bytes = randomBytes(16 * mebibyte);
  await writeFile(path, bytes);
  const file = await open(path, 'r+');
  t.teardown(() => file.close());
  const steps: (UploadProgress | undefined)[] = [];
  const make = () =>
    new MultipartUpload({
      ...{ client, partSize, progress: steps.at(-1), object: { Bucket: bucket, Key: 'a.mkv' } },
      onProgress: async (now) => void steps.push(now),
    });
  await make().send(file, 9 * mebibyte, true, true);
  t.same(steps, [], 'the first part is not the last one');
  await make().send(file, 11 * mebibyte, true, true);
  await make().send(file, 15 * mebibyte, true, true);
  t.match(await s3.parts.pending(), { 'a.mkv': 2 });
  t.match(steps.at(-1), { etags: { length: 2 }, lacksFirst: true });
  t.ok(isBeginningOf(steps.at(-1) as UploadProgress, 15 * mebibyte));
  t.notOk(isBeginningOf(steps.at(-1) as UploadProgress, 15 * mebibyte - 1), 'the first part counts');
  bytes.write('complete', 100);
  await file.write(bytes, 0, 200, 0);
  const last = make();
  await last.send(file, bytes.length, false);
  await last.complete();
  t.ok(bytes.equals(await s3.read('a.mkv')));
  t.same(
    steps.map((step) => [step?.etags.length, step?.lacksFirst]),
    [...[0, 1, 2, 3].map((count) => [count, true]), [4, undefined]],
  );
});

t.test('tags that prove that an object has the bytes of a file are recognised', async (t) => {
  const path = join(t.testdir(), 'file');
  const bytes = randomBytes(25);
  await writeFile(path, bytes);
  const parts = [bytes.subarray(0, 10), bytes.subarray(10, 20), bytes.subarray(20)];
  const ofParts = md5(Buffer.concat(parts.map(md5))).toString('hex');
  t.same(await contentTags(path, 10), [`"${ofParts}-3"`, `"${md5(bytes).toString('hex')}"`]);
});

t.test('parts that can be the beginning of a file are recognised', async (t) => {
  const progress = { uploadId: 'x', partSize: 10, etags: ['a', 'b'] };
  t.ok(isBeginningOf(progress, 20));
  t.ok(isBeginningOf(progress, 100_000));
  t.notOk(isBeginningOf(progress, 19), 'something was lost');
  t.notOk(isBeginningOf(progress, 100_001), 'more parts than S3 takes');
});
