import { join } from 'node:path';
import t, { type Test } from 'tap';
import { uploadStream } from '../../../src/component/hls/stream-upload.ts';
import type { S3Bucket, UploadOptions } from '../../../src/storage/s3-bucket.ts';
import { StoreError } from '../../../src/storage/store-error.ts';
import { HeldClock } from '../../clock/held-clock.ts';

const files = ['b.m3u8', 'init.mp4', 'a.m4s', 'a.m4s.new', 'notes.txt', 'index.m3u8'];

/** @param responses to attempts, one each; afterwards all is fine */
function upload(t: Test, responses: (Error | undefined)[] = []) {
  const clock = new HeldClock();
  const attempts: Pick<UploadOptions, 'key' | 'contentType'>[] = [];
  const bucket = {
    upload: async ({ key, contentType }: UploadOptions) => {
      attempts.push({ key, ...(contentType !== undefined && { contentType }) });
      const response = responses.shift();
      if (response) throw response;
    },
  } as unknown as S3Bucket;
  const folder = join(t.testdir(Object.fromEntries(files.map((name) => [name, name]))));
  const stop = new AbortController();
  const done = uploadStream({ bucket, folder, prefix: 'room', clock, signal: stop.signal });
  return { clock, attempts, stop, done };
}

t.test('media first, playlists last, nothing else', async (t) => {
  const { attempts, done } = upload(t);
  await done;
  const contentType = 'application/vnd.apple.mpegurl';
  t.strictSame(attempts, [
    { key: 'room/a.m4s' },
    { key: 'room/init.mp4' },
    { key: 'room/b.m3u8', contentType },
    { key: 'room/index.m3u8', contentType },
  ]);
});

t.test('a file that fails is tried three times, with longer and longer waits', async (t) => {
  const broken = new Error('broken');
  const { attempts, clock, done } = upload(t, [broken, new StoreError(503, 'SlowDown'), broken]);
  const failed = t.rejects(done, { message: 'broken' });
  await clock.whenPending(1);
  clock.advance(1000);
  await clock.whenPending(1);
  clock.advance(3999);
  t.equal(attempts.length, 2);
  clock.advance(1);
  await failed;
  t.strictSame(attempts, Array(3).fill({ key: 'room/a.m4s' }));
});

t.test('a refusal is final', async (t) => {
  const { attempts, done } = upload(t, [new StoreError(403, 'AccessDenied')]);
  await t.rejects(done, { message: /403/ });
  t.equal(attempts.length, 1);
});

t.test('an upload that is called off while it waits', async (t) => {
  const { clock, attempts, stop, done } = upload(t, [new Error('broken')]);
  const failed = t.rejects(done, { name: 'AbortError' });
  await clock.whenPending(1);
  stop.abort();
  await failed;
  t.equal(attempts.length, 1);
  t.equal(clock.pending, 0);
});
