import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import type { MediaState } from '../../../src/storage/media-manifest.ts';
import { eventually } from '../../eventually.ts';
import { postJson } from '../../post-json.ts';
import { decodedTimes, decoderComplaints, filesGrow, mediaLength, statedDuration } from '../../recorded-media.ts';
import { allGone, RunningProcess } from '../../running-process.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { account, S3Store } from '../../storage/s3-store.ts';
import { SampleMedia } from '../file/sample-media.ts';

/** Ms of media that may be lost, whatever happens. */
const maxLost = 250;

t.test('a server killed while it records, and again while it uploads, loses nothing', async (t) => {
  const s3 = await S3Store.open(t);
  s3.mood = 'hanging';
  const media = await SampleMedia.open(t);
  await media.h264('frame.h264', { frames: 1800 });
  await media.opus('audio.ogg', 60);
  const variables = {
    FJ_RESOURCES_BASE_PATH: media.resources,
    FJ_S3_BUCKET: account.bucket,
    FJ_S3_REGION: account.region,
    FJ_S3_ACCESS_KEY_ID: account.accessKeyId,
    FJ_S3_SECRET_ACCESS_KEY: account.secretAccessKey,
    SHOAL_S3_ENDPOINT: s3.endpoint,
    SHOAL_WORKERS: '1',
    // an encoder that cannot follow would begin another file
    SHOAL_PROGRAM_SIZE: '320x180',
  };
  const room = join(media.resources, 'raw_recordings', 'room');
  const recording = async () => join(room, (await readdir(room))[0] ?? '');
  const state = async (wanted: MediaState) => (await manifestAt(await recording()))?.state === wanted;

  const first = await (await RunningProcess.start(t, variables)).ready();
  await postJson(first.host, '/room', { roomId: 'room', videoCodec: 'h264' });
  await postJson(first.host, '/room/room/component', { type: 'recording', options: { composed: true } });
  await postJson(first.host, '/room/room/component', { type: 'file', options: { filePath: 'frame.h264' } });
  await postJson(first.host, '/room/room/component', { type: 'file', options: { filePath: 'audio.ogg' } });
  const reported = async () => Object.keys((await readReport(await recording()))?.tracks ?? {});
  await eventually('two tracks', async () => (await reported()).length === 2);
  const folder = await recording();
  const composite = join(folder, 'room.mp4');
  const parts = (await reported()).map((name) => join(folder, name));
  for (const path of [...parts, `${composite}.part`])
    await eventually(`media in ${path}`, async () => (await mediaLength(path)) > 1.5);
  const children = await first.children();
  const { startedAt = 0 } = (await manifestAt(folder)) ?? {};
  await filesGrow(parts);
  first.kill('SIGKILL');
  const killedAt = Date.now() - startedAt;
  await first.ended;
  await allGone(children.keys());
  const tracks = await reported();
  for (const name of tracks) {
    const lost = killedAt - ((await decodedTimes(join(folder, name))).at(-1) ?? 0) * 1000;
    t.ok(lost <= maxLost, `${lost} ms lost`);
    t.equal(await decoderComplaints(join(folder, name)), '', 'finished in order');
  }
  const copy = join(media.resources, 'copy.mp4');
  await copyFile(`${composite}.part`, copy);
  const before = await decodedTimes(copy);
  t.ok(before.length > 30, 'the composite can be read');

  const stuck = s3.trouble();
  const second = await (await RunningProcess.start(t, variables)).ready();
  await stuck;
  t.match(second.output, /A recording was interrupted; it is completed now/, 'the next one says so');
  t.ok(await state('uploading'));
  t.equal(await decoderComplaints(composite), '');
  t.equal((await decodedTimes(composite)).length, before.length, 'nothing is lost in completing it');
  second.kill('SIGKILL');
  await second.ended;

  s3.mood = 'fine';
  const third = await (await RunningProcess.start(t, variables)).ready();
  await eventually('uploaded', () => state('uploaded'));
  t.match(third.output, /An upload was interrupted; it goes on/);
  const keys = await s3.keys();
  // another composite begins where the machine is too slow for the first one's rate
  const composites = (await readdir(folder)).filter((name) => /^room.*\.mp4$/.test(name));
  t.ok(composites.includes('room.mp4'));
  t.strictSame(keys.map((key) => key.split('/').at(-1)).sort(), [...tracks, 'report.json', ...composites].sort());
  for (const key of keys) t.same(await s3.read(key), await readFile(join(folder, key.split('/').at(-1) ?? '')));
  for (const name of tracks) {
    const [stated, last = 0] = [
      await statedDuration(join(folder, name)),
      (await decodedTimes(join(folder, name))).at(-1),
    ];
    t.ok(stated > last && stated < last + 0.2, `${stated} s stated, ${last} s decoded`);
  }
  third.kill('SIGTERM');
  t.strictSame(await third.ended, { code: 0, signal: null });
});
