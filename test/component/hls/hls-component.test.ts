// HLS with every part real: a room, its publishers, the composer, and viewers over HTTP.
import { mkdir, readdir, readFile, stat, watch } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { commandOutput } from '../../command-output.ts';
import { RunningServer } from '../../running-server.ts';
import { account, S3Store } from '../../storage/s3-store.ts';
import { StreamChecker } from './stream-checker.ts';

const store = await S3Store.open(t);
const server = await RunningServer.start(t, {
  ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_VIDEO_BITRATE: '300000' },
  SHOAL_S3_ENDPOINT: store.endpoint,
});
const backend = await server.subscribe();
const base = server.config.resourcesBasePath;
const media = 'g2QABXZpZGVv.m3u8';

const sources = join(base, 'file_component_sources');
await mkdir(sources, { recursive: true });
const frame = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=24', '-t', '60', '-c:v', 'libx264', '-preset', 'ultrafast'];
await commandOutput('ffmpeg', [
  '-v',
  'error',
  ...frame,
  '-profile:v',
  'baseline',
  '-g',
  '24',
  join(sources, 'video.h264'),
]);
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:r=48000', '-t', '60', '-c:a', 'libopus'];
await commandOutput('ffmpeg', ['-v', 'error', ...tone, join(sources, 'audio.ogg')]);

interface Room {
  readonly id: string;
  readonly componentId: string;
  readonly url: string;
}

async function add(roomId: string, type: string, options: Record<string, unknown>): Promise<string> {
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, { type, options });
  if (status !== 201) throw new Error(`No ${type}: ${JSON.stringify(json)}`);
  return json.data.id;
}

const play = (roomId: string, file = 'video.h264') => add(roomId, 'file', { filePath: file });

async function stream(t: Test, options: Record<string, unknown>, config: Record<string, unknown> = {}): Promise<Room> {
  const id = await server.createRoom({ videoCodec: 'h264', ...config });
  t.teardown(() => server.ask('DELETE', `/room/${id}`));
  const componentId = await add(id, 'hls', options);
  return { id, componentId, url: `http://${server.host}/hls/${id}/` };
}

t.test('a stream can be followed for a while', async (t) => {
  const room = await stream(t, { lowLatency: true });
  await play(room.id);
  await play(room.id, 'audio.ogg');
  await backend.saw(room.id, 'HlsPlayable');
  const { components } = await server.room(room.id);
  t.match(components, [{ type: 'hls', properties: { playable: true, lowLatency: true, s3: null } }]);
  const checker = new StreamChecker(room.url + media);
  await checker.start();
  while (checker.deltas < 8 && checker.updates < 200) await checker.follow();
  t.same(checker.problems, []);
  t.ok(checker.deltas >= 8, 'deltas came and said the same');
  t.ok(checker.bytes > 100_000, 'with media');
  await server.delete(`/room/${room.id}/component/${room.componentId}`);
  t.equal((await fetch(room.url + media)).status, 404, 'at once');
  t.notOk((await server.room(room.id)).components.some(({ type }: { type: string }) => type === 'hls'));
});

t.test('regular HLS and persistent streams are written', async (t) => {
  const room = await stream(t, { persistent: true, targetWindowDuration: 18 });
  await play(room.id);
  await started(room);
  const live = await (await fetch(room.url + media)).text();
  t.match(live, /#EXT-X-TARGETDURATION:6\n/);
  t.match(live, /#EXTINF:6.0,\nmuxed_segment_0_/);
  t.notMatch((await server.ask('GET', '/recording')).json.data, [room.id], 'not while it is live');
  await server.delete(`/room/${room.id}`);
  t.equal((await fetch(room.url + media)).status, 404);
  t.ok((await server.ask('GET', '/recording')).json.data.includes(room.id));
  const recording = `http://${server.host}/recording/${room.id}/`;
  await ended(join(base, 'recordings', room.id));
  t.match(await (await fetch(recording + media)).text(), /#EXT-X-ENDLIST\n$/);
  const { stdout } = await commandOutput('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    `${recording}index.m3u8`,
  ]);
  t.ok(Number(/duration=([\d.]+)/.exec(stdout)?.[1]) >= 6, 'it plays elsewhere');
  await server.delete(`/recording/${room.id}`);
  t.equal((await fetch(recording + media)).status, 404);
});

t.test('a manual stream has only the subscribed endpoints', async (t) => {
  const room = await stream(t, { lowLatency: true, subscribeMode: 'manual' });
  const first = await play(room.id);
  t.equal((await fetch(`${room.url}index.m3u8`)).status, 404);
  const path = `/room/${room.id}/component/${room.componentId}/subscribe`;
  const response = await fetch(`http://${server.host}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer development', 'content-type': 'application/json' },
    body: JSON.stringify({ origins: [first, 'nobody-yet'] }),
  });
  t.equal(response.status, 201);
  t.equal(await response.text(), 'Successfully subscribed for tracks');
  await backend.saw(room.id, 'HlsPlayable');
});

t.test('rooms without H264 and a second component are refused', async (t) => {
  const vp8 = await server.createRoom({ videoCodec: 'vp8' });
  t.match(await server.ask('POST', `/room/${vp8}/component`, { type: 'hls' }), {
    status: 400,
    json: { errors: `Incompatible video codec enforced in room ${vp8}` },
  });
  const room = await stream(t, {});
  t.match(await server.ask('POST', `/room/${room.id}/component`, { type: 'hls' }), {
    status: 400,
    json: { errors: `Reached hls components limit in room ${room.id}` },
  });
});

t.test('a stream is uploaded when its room ends', async (t) => {
  const room = await stream(t, { lowLatency: true, s3: account });
  await play(room.id);
  await started(room);
  await server.delete(`/room/${room.id}`);
  const order = (await backend.saw(room.id, 'HlsUploaded')).map(({ name }) => name);
  t.ok(order.indexOf('RoomDeleted') < order.indexOf('HlsUploaded'));
  const keys = (await store.keys()).filter((key) => key.startsWith(`${room.id}/`));
  t.ok(keys.includes(`${room.id}/index.m3u8`) && keys.includes(`${room.id}/muxed_segment_0_g2QABXZpZGVv.m4s`));
  t.match((await store.read(`${room.id}/${media}`)).toString(), /#EXT-X-ENDLIST\n$/);
  await gone(join(base, 'temporary_hls', room.id));
});

t.test('a failed upload is notified', async (t) => {
  const s3 = { ...account, accessKeyId: 'nobody', secretAccessKey: 'wrong' };
  const room = await stream(t, { lowLatency: true, s3 });
  await play(room.id);
  await started(room);
  await server.delete(`/room/${room.id}`);
  await backend.saw(room.id, 'HlsUploadCrashed');
  const kept = await readdir(join(base, 'temporary_hls', room.id));
  t.ok(kept.includes('index.m3u8'), 'the files are kept');
  t.match(await readFile(join(base, 'temporary_hls', room.id, media), 'utf8'), /#EXT-X-ENDLIST\n$/);
});

/** Until something can be played. */
async function started({ id }: Room): Promise<void> {
  await backend.saw(id, 'HlsPlayable');
}

/** Until the playlist of a stream is closed. */
async function ended(folder: string): Promise<void> {
  await becomes(folder, async () => {
    const text = await readFile(join(folder, media), 'utf8').catch(() => '');
    return text.endsWith('#EXT-X-ENDLIST\n');
  });
}

async function gone(path: string): Promise<void> {
  await becomes(dirname(path), async () => (await stat(path).catch(() => undefined)) === undefined);
}

/** Until it is so after a change in the folder. */
async function becomes(folder: string, isSo: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const changes = watch(folder, { signal: stop.signal })[Symbol.asyncIterator]();
  let change = changes.next();
  while (!(await isSo())) {
    await change;
    change = changes.next();
  }
  change.catch(() => undefined);
  stop.abort();
}
