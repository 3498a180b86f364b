// Files of rooms are kept like recordings: over the real process, killed, and a real store.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { MediaManifest } from '../../src/storage/media-manifest.ts';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { decodedTimes, decoderComplaints, mediaLength } from '../recorded-media.ts';
import { allGone, RunningProcess } from '../running-process.ts';
import { manifestAt } from '../storage/media-on-disk.ts';
import { account, S3Store } from '../storage/s3-store.ts';

async function ask(server: RunningProcess, method: string, path: string, body?: unknown) {
  const text = await server.ask(method, path, body);
  return text === '' ? undefined : JSON.parse(text).data;
}

t.test('a complete file and one that a kill cuts off are stored', async (t) => {
  const s3 = await S3Store.open(t);
  s3.mood = { status: 500 };
  const media = await SampleMedia.open(t);
  await media.h264('picture.h264', { frames: 1800 });
  const variables = {
    FJ_RESOURCES_BASE_PATH: media.resources,
    FJ_S3_BUCKET: account.bucket,
    FJ_S3_REGION: account.region,
    FJ_S3_ACCESS_KEY_ID: account.accessKeyId,
    FJ_S3_SECRET_ACCESS_KEY: account.secretAccessKey,
    FJ_S3_PATH_PREFIX: 'films',
    SHOAL_S3_ENDPOINT: s3.endpoint,
    SHOAL_WORKERS: '1',
    SHOAL_PROGRAM_SIZE: '320x180',
  };
  const first = await (await RunningProcess.start(t, variables)).ready();
  await ask(first, 'POST', '/room', { roomId: 'room', videoCodec: 'h264' });
  await ask(first, 'POST', '/room/room/component', { type: 'file', options: { filePath: 'picture.h264' } });
  const start = async () => {
    const { id, target } = await ask(first, 'POST', '/room/room/output', { type: 'file' });
    const path = join(media.resources, target);
    await eventually('a film', async () => (await mediaLength(`${path}.part`)) > 1);
    return { id, path, folder: dirname(path), key: `films/${target.slice('outputs/'.length)}` };
  };
  const state = async (folder: string): Promise<Partial<MediaManifest>> => (await manifestAt(folder)) ?? {};

  const ended = await start();
  t.match(await state(ended.folder), { state: 'recording', roomId: 'room' });
  await ask(first, 'DELETE', `/room/room/output/${ended.id}`);
  t.same(await readdir(ended.folder), ['manifest.json', 'room.mp4'], 'complete as soon as it is answered');
  t.equal(await decoderComplaints(ended.path), '');
  await eventually('refused', async () => (await state(ended.folder)).reason?.includes('responded with 500') === true);
  t.match(await state(ended.folder), { state: 'uploading', files: { 'room.mp4': { sha256: String } } });

  const cut = await start();
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await allGone(children.keys());
  const before = await decodedTimes(`${cut.path}.part`);

  s3.mood = 'fine';
  const second = await (await RunningProcess.start(t, variables)).ready();
  for (const { folder } of [ended, cut]) {
    await eventually('uploaded', async () => (await state(folder)).state === 'uploaded');
  }
  t.match(second.output, /A recording was interrupted; it is completed now/);
  t.match(second.output, /An upload was interrupted; it goes on/);
  t.same(await s3.keys(), [ended.key, cut.key].sort());
  for (const { path, key } of [ended, cut]) {
    t.ok((await readFile(path)).equals(await s3.read(key)));
    t.equal(await decoderComplaints(path), '');
  }
  t.equal((await decodedTimes(cut.path)).length, before.length, 'nothing is lost');
  second.kill('SIGTERM');
  t.strictSame(await second.ended, { code: 0, signal: null });
});
