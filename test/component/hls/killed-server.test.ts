import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../eventually.ts';
import { postJson } from '../../post-json.ts';
import { RunningProcess } from '../../running-process.ts';
import { account, S3Store } from '../../storage/s3-store.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { complaints, frameTimes, isWhole } from './played-stream.ts';

const media = 'g2QABXZpZGVv.m3u8';
const authorization = 'Bearer development';

const text = async (url: string) => await (await fetch(url)).text();
const segments = (playlist: string): string[] => [...(playlist.match(/^[^#].*m4s$/gm) ?? [])];

t.test('a server killed while it streams, and again while it uploads, loses nothing', async (t) => {
  const s3 = await S3Store.open(t);
  const files = await SampleMedia.open(t);
  await files.h264('frame.h264', { frames: 600 });
  await files.opus('audio.ogg', 20);
  const variables = {
    ...{ FJ_RESOURCES_BASE_PATH: files.resources, FJ_SECRET_KEY_BASE: 'k'.repeat(32), SHOAL_WORKERS: '1' },
    ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000', SHOAL_HLS_SEGMENT_SECONDS: '1' },
    SHOAL_S3_ENDPOINT: s3.endpoint,
  };
  const streams = {
    regular: { persistent: true },
    quick: { persistent: true, lowLatency: true, targetWindowDuration: 3 },
    uploaded: { lowLatency: true, s3: account },
  };

  const first = await (await RunningProcess.start(t, variables)).ready();
  for (const [roomId, options] of Object.entries(streams)) {
    await postJson(first.host, '/room', { roomId, videoCodec: 'h264' });
    await postJson(first.host, `/room/${roomId}/component`, { type: 'hls', options });
    await postJson(first.host, `/room/${roomId}/component`, { type: 'file', options: { filePath: 'frame.h264' } });
    await postJson(first.host, `/room/${roomId}/component`, { type: 'file', options: { filePath: 'audio.ogg' } });
  }
  const live = (roomId: string) => text(`http://${first.host}/hls/${roomId}/${media}`);
  for (const roomId of Object.keys(streams)) {
    await eventually(`${roomId} goes on`, async () => segments(await live(roomId)).length >= 2);
  }
  const seen = { regular: await live('regular'), quick: await live('quick'), uploaded: await live('uploaded') };
  first.kill('SIGKILL');
  await first.ended;

  s3.mood = 'hanging';
  const stuck = s3.trouble();
  const second = await (await RunningProcess.start(t, variables)).ready();
  t.match(second.output, /A stream was interrupted; it is completed now/);
  const list = await fetch(`http://${second.host}/recording`, { headers: { authorization } });
  t.match(await list.text(), /"quick"/);
  for (const roomId of ['regular', 'quick'] as const) {
    const recording = `http://${second.host}/recording/${roomId}`;
    const playlist = await text(`${recording}/${media}`);
    t.match(playlist, /m4s\n#EXT-X-ENDLIST\n$/);
    const last = segments(seen[roomId]).at(-1) ?? 'none';
    t.ok(segments(playlist).includes(last), 'all that viewers saw');
    t.equal(segments(playlist)[0], 'muxed_segment_0_g2QABXZpZGVv.m4s', 'from the beginning');
    t.equal(await complaints(`${recording}/index.m3u8`), '');
    const times = await frameTimes(`${recording}/index.m3u8`);
    const listed = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
    t.ok(isWhole(times, listed), `${times.length} frames in ${listed} s`);
  }
  await stuck;
  t.strictSame(await readdir(join(files.resources, 'temporary_hls')), ['uploaded']);
  second.kill('SIGKILL');
  await second.ended;

  s3.mood = 'fine';
  const third = await (await RunningProcess.start(t, variables)).ready();
  t.match(third.output, /An upload was interrupted; it goes on/);
  await eventually('uploaded', async () => (await readdir(join(files.resources, 'temporary_hls'))).length === 0);
  const playlist = (await s3.read(`uploaded/${media}`)).toString();
  t.match(playlist, /m4s\n#EXT-X-ENDLIST\n$/);
  const stored = (await s3.keys()).map((key) => key.replace('uploaded/', ''));
  t.strictSame(
    segments(playlist).filter((name) => !stored.includes(name)),
    [],
  );
  t.ok(segments(playlist).includes(segments(seen.uploaded).at(-1) ?? 'none'));
  t.strictSame(await readdir(join(files.resources, 'hls_uploads')), [], 'nothing is owed any more');
  third.kill('SIGTERM');
  t.strictSame(await third.ended, { code: 0, signal: null });
});
