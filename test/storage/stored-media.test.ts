import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { madeMedia } from './media-on-disk.ts';
import { account, S3Store } from './s3-store.ts';

t.test('a prefix of keys cannot lead to another place', async (t) => {
  const s3 = await S3Store.open(t);
  const bucket = s3.opener()(account);
  t.teardown(() => bucket.close());
  const { signal } = new AbortController();
  const folder = join(t.testdir(), 'room', 'part_2024-05-23 12:58:19.123456Z');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'a.mkv'), 'media');
  for (const [prefix, key] of [
    ['', ''],
    ['a/b', 'a/b/'],
    ['/slashes//everywhere/', 'slashes/everywhere/'],
    ['../../other/./bucket/..', 'other/bucket/'],
    ['ä b?c#d%20', 'ä b?c#d%20/'],
    ['..', ''],
  ] as const) {
    const before = await s3.keys();
    const media = await madeMedia(folder, { upload: { prefix } });
    await media.finalise(1);
    await media.complete(undefined, signal);
    await media.upload(bucket, signal);
    t.equal(media.state, 'uploaded');
    await media.forget();
    const added = (await s3.keys()).filter((each) => !before.includes(each));
    const own = `${key}room/part_2024-05-23 12:58:19.123456Z/a.mkv`;
    t.same(added, before.includes(own) ? [] : [own], prefix);
  }
});

t.test('complete media is deleted without files that came later', async (t) => {
  const folder = join(t.testdir({ room: { part: { 'a.mkv': 'media', 'b.mkv.tmp': 'half' } } }), 'room', 'part');
  const media = await madeMedia(folder);
  await media.finalise(1);
  await media.complete(undefined, new AbortController().signal);
  await writeFile(join(folder, 'notes.txt'), 'of an operator');
  await media.delete();
  t.same(await readdir(folder), ['notes.txt']);
});

t.test('media that has made way for other media in its folder is not deleted', async (t) => {
  const folder = join(t.testdir({ room: { part: { 'a.mkv': 'media' } } }), 'room', 'part');
  const media = await madeMedia(folder);
  await media.forget();
  await media.delete();
  t.same(await readdir(folder), ['a.mkv']);
});

t.test('a manifest that names files of other folders does not upload them', async (t) => {
  const s3 = await S3Store.open(t);
  const bucket = s3.opener()(account);
  t.teardown(() => bucket.close());
  const root = t.testdir({ 'secret.txt': 'secret', room: { part: { 'a.mkv': 'media' } } });
  const file = { size: 6, sha256: 'x', uploaded: false };
  const upload = { prefix: '' };
  const media = await madeMedia(join(root, 'room', 'part'), {
    ...{ state: 'uploading', upload, files: { '../../secret.txt': file, 'a.mkv': file } },
  });
  await media.upload(bucket, new AbortController().signal);
  t.same(await s3.keys(), ['room/part/a.mkv']);
});
