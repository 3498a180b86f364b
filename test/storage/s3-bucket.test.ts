import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AddressGuard } from '../../src/net/address-guard.ts';
import type { UploadProgress } from '../../src/storage/multipart-upload.ts';
import { fingerprint, type S3Account, S3Bucket, type S3Target } from '../../src/storage/s3-bucket.ts';
import { account, type Mood, S3Store } from './s3-store.ts';

const store = await S3Store.open(t);
const folder = await mkdtemp(join(tmpdir(), 'shoal-upload-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

async function upload(name: string, size: number) {
  const path = join(folder, name);
  await writeFile(path, randomBytes(size));
  return { path, key: `room/part/${name}`, ...(await fingerprint(path)) };
}

function bucketOf(t: Test, timeout?: number): S3Bucket {
  const bucket = store.opener(timeout)(account);
  t.teardown(() => bucket.close());
  return bucket;
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

t.test('a small and an empty file are uploaded', async (t) => {
  const bucket = bucketOf(t);
  const small = await upload('report.json', 100);
  await bucket.upload(small);
  t.equal(digest(await store.read(small.key)), small.sha256);
  await rm(small.path);
  await bucket.upload(small);
  t.equal(digest(await store.read(small.key)), small.sha256, 'what is there is not even read again');
  const empty = await upload('empty', 0);
  await bucket.upload(empty);
  t.same(await store.keys(), [empty.key, small.key]);
});

t.test('a large file is uploaded in parts and continued after an interruption', async (t) => {
  const bucket = bucketOf(t);
  const large = await upload('large.mkv', 20 * 1024 * 1024);
  let progress: UploadProgress | undefined;
  const steps: (number | undefined)[] = [];
  const options = (): Parameters<S3Bucket['upload']>[0] => ({
    ...large,
    progress,
    onProgress: async (now) => {
      progress = now;
      steps.push(now?.etags.length);
    },
  });
  store.mood = { cutAfter: 12 * 1024 * 1024 };
  await t.rejects(bucket.upload(options()), 'in the middle of a part');
  t.match(progress, { etags: [String] });
  store.mood = 'fine';
  await bucket.upload(options());
  t.same(steps, [0, 1, 2, 3], 'no part went twice');
  t.equal(digest(await store.read(large.key)), large.sha256);
});

t.test('parts that the store has forgotten are sent again', async (t) => {
  const bucket = bucketOf(t);
  const large = await upload('again.mkv', 9 * 1024 * 1024);
  let progress: UploadProgress | undefined = { uploadId: 'unknown', partSize: 8 * 1024 * 1024, etags: ['"a"', '"b"'] };
  const onProgress = async (now: UploadProgress | undefined) => {
    progress = now;
  };
  await t.rejects(bucket.upload({ ...large, progress, onProgress }), /The store responded/);
  t.equal(progress, undefined);
  await bucket.upload({ ...large, progress, onProgress });
  t.equal(digest(await store.read(large.key)), large.sha256);
});

t.test('a failing store is retried', async (t) => {
  const bucket = bucketOf(t, 300);
  const file = await upload('mood.mkv', 1000);
  const moods: [Mood, RegExp][] = [
    [{ status: 403 }, /403/],
    [{ status: 500 }, /500/],
    ['hanging', /time/i],
    ['gone', /ECONNRESET|hang up/],
  ];
  for (const [mood, reason] of moods) {
    store.mood = mood;
    await t.rejects(bucket.upload(file), { message: reason });
  }
  store.mood = 'fine';
  await bucket.upload(file);
  t.ok((await store.keys()).includes(file.key));
});

t.test('a file that has shrunk is not uploaded', async (t) => {
  const bucket = bucketOf(t);
  const file = await upload('shrunk.mkv', 1000);
  await truncate(file.path, 500);
  await t.rejects(bucket.upload(file), /shorter/);
  t.notOk((await store.keys()).includes(file.key));
});

t.test('an upload can be aborted', async (t) => {
  const bucket = bucketOf(t);
  const file = await upload('called-off.mkv', 1000);
  const stop = new AbortController();
  store.mood = 'hanging';
  const trouble = store.trouble();
  const uploading = bucket.upload({ ...file, signal: stop.signal });
  await trouble;
  stop.abort();
  await t.rejects(uploading, { name: 'AbortError' });
  store.mood = 'fine';
});

t.test('a store at a refused address is not used', async (t) => {
  const file = await upload('elsewhere.mkv', 1000);
  const troubles = store.troubles;
  store.mood = 'gone';
  const guard = new AddressGuard({
    resolve: (_name, _options, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]),
  });
  const targets: Omit<S3Target, keyof S3Account>[] = [
    { endpoint: store.endpoint, guard: new AddressGuard({ deny: ['127.0.0.0/8'] }) },
    { endpoint: 'http://169.254.169.254', guard: new AddressGuard({ allow: ['169.254.0.0/16'] }) },
    { endpoint: 'http://[fd00:ec2::254]', guard: new AddressGuard() },
    { endpoint: 'https://store.test', guard },
    // the store's own address is made of what the request says
    { guard },
  ];
  for (const target of targets) {
    const bucket = new S3Bucket({ ...account, ...target });
    t.teardown(() => bucket.close());
    await t.rejects(bucket.upload(file), { code: 'refusedAddress' }, target.endpoint ?? 'that of the region');
  }
  t.equal(store.troubles, troubles, 'it was not even connected to');
  store.mood = 'fine';
});

t.test('a store that claims to have an object is verified', async (t) => {
  const bucket = bucketOf(t);
  for (const [name, size] of [
    ['lost-a.mkv', 1000],
    ['lost-b.mkv', 9 * 1024 * 1024],
  ] as const) {
    const file = await upload(name, size);
    let progress: UploadProgress | undefined;
    const onProgress = async (now: UploadProgress | undefined) => {
      progress = now;
    };
    store.parts.cut = 500;
    await t.rejects(bucket.upload({ ...file, onProgress }), /does not hold what was uploaded/);
    t.equal(progress, undefined, 'it is begun anew');
    store.parts.cut = undefined;
    await bucket.upload({ ...file, onProgress });
    t.equal(digest(await store.read(file.key)), file.sha256);
  }
});

t.test('an upload that cannot be continued leaves no parts', async (t) => {
  const bucket = bucketOf(t);
  const large = await upload('abandoned.mkv', 20 * 1024 * 1024);
  await truncate(large.path, 9 * 1024 * 1024);
  await t.rejects(bucket.upload(large), /shorter/);
  t.same(await store.parts.pending(), {});
});

t.test('an account that may only write and read is enough', async (t) => {
  const bucket = bucketOf(t);
  const file = await upload('unlisted.mkv', 1000);
  store.parts.forbidsLooking = true;
  await bucket.upload(file);
  await bucket.removeParts('room/');
  store.parts.forbidsLooking = false;
  t.equal(digest(await store.read(file.key)), file.sha256);
});

t.test('a slow store is waited for', async (t) => {
  const bucket = bucketOf(t, 5000);
  const file = await upload('slow.mkv', 1000);
  store.mood = 'slow';
  await bucket.upload(file);
  store.mood = 'fine';
  t.equal(digest(await store.read(file.key)), file.sha256);
});

t.test('what a store refuses for good is told with its reason, which it gives to uploads only', async (t) => {
  let refusal = { status: 301, code: 'PermanentRedirect' };
  const refusing = createServer((request, response) => {
    request.resume();
    const body = `<?xml version="1.0"?><Error><Code>${refusal.code}</Code></Error>`;
    response.writeHead(refusal.status).end(request.method === 'HEAD' ? undefined : body);
  }).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  t.teardown(() => refusing.close());
  const endpoint = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const bucket = new S3Bucket({ ...account, endpoint, guard: new AddressGuard() });
  t.teardown(() => bucket.close());
  const file = await upload('refused', 10);
  for (const [status, code] of [
    [301, 'PermanentRedirect'],
    [400, 'AuthorizationHeaderMalformed'],
    [400, 'InvalidBucketName'],
    [403, 'InvalidAccessKeyId'],
  ] as const) {
    refusal = { status, code };
    const message = `The store responded with ${status}: ${code}`;
    await t.rejects(bucket.upload(file), { name: 'StoreError', message, isFinal: true });
  }
  refusal = { status: 503, code: 'SlowDown' };
  await t.rejects(bucket.upload(file), { name: 'StoreError', status: 503, isFinal: false });
});
