// Whatever is asked for over HTTP, the status is one of docs/contracts/fishjam-rest.md 1.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi, token } from '../api/running-api.ts';
import { mutatedBytes, mutatedJson, mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';

const kinds = componentDoubles();
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());
const folder = join(api.resources, 'temporary_hls', 'room');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'index.m3u8'), '#EXTM3U');
const playlist = { body: Buffer.from('#EXTM3U'), gzip: () => Buffer.alloc(0), maxAge: 6 };
const hls = kinds.get('hls');
if (hls) {
  hls.content = {
    folder,
    playlist: async (_name, { segment }) => {
      if (segment > 400) throw new ShoalError('playlistTooFarAhead');
      return playlist;
    },
    file: () => undefined,
    partialSegment: async () => playlist,
  };
}
await api.createRoom({ roomId: 'room', videoCodec: 'h264' });
await api.ask('POST', '/room/room/component', { body: { type: 'hls' } });

/** @param accepted besides 4xx */
async function ask(method: string, url: string, accepted: readonly number[], headers = {}, payload?: Buffer) {
  const authorization = { authorization: `Bearer ${token}` };
  const response = await api.app.inject({
    method: method as 'GET',
    url,
    headers: { ...authorization, ...headers },
    ...(payload && { payload }),
  });
  const { statusCode } = response;
  if (statusCode >= 500 ? statusCode !== 503 : statusCode < 400 && !accepted.includes(statusCode)) {
    throw new Error(`${method} ${url}: ${statusCode} ${response.body.slice(0, 200)}`);
  }
}

const s3 = { accessKeyId: 'a', secretAccessKey: 's', region: 'r', bucket: 'b' };
const bodies: readonly [path: string, body: object][] = [
  [
    '/room',
    {
      maxPeers: 10,
      videoCodec: 'vp8',
      webhookUrl: 'http://127.0.0.1:1/x',
      peerlessPurgeTimeout: 1,
      peerDisconnectedTimeout: 60.5,
    },
  ],
  ['/room/room/peer', { type: 'webrtc', options: { enableSimulcast: true } }],
  ['/room/room/component', { type: 'hls', options: { lowLatency: true, targetWindowDuration: 60, s3 } }],
  ['/room/room/component', { type: 'rtsp', options: { sourceUri: 'rtsp://127.0.0.1/x', rtpPort: 5000 } }],
  ['/room/room/component', { type: 'file', options: { filePath: 'a/b.h264', framerate: 30 } }],
  ['/room/room/component/x/subscribe', { origins: ['a', 'b'] }],
  ['/room/room/output', { type: 'rtmp', url: 'rtmp://127.0.0.1/a/b', streamKey: 'k', notify: true }],
  ['/sip/room/x/call', { phoneNumber: '1' }],
];

const form = (body: object) =>
  Object.entries(body)
    .map(([name, value]) => `${name}=${value}&o[${name}]=${value}`)
    .join('&');
const parts = (body: object) =>
  `${Object.entries(body)
    .map(([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')}--x--\r\n`;

t.test('bodies of the REST API', async (t) => {
  await fuzz(t, 2000, async (random, index) => {
    const [path, body] = pick(random, bodies);
    const [type, payload] = pick<() => [string, Buffer]>(random, [
      () => ['application/json', Buffer.from(JSON.stringify(mutatedJson(random, body)))],
      () => ['application/json', Buffer.from(JSON.stringify(mutatedJson(random, body)))],
      () => ['application/json', mutatedBytes(random, Buffer.from(JSON.stringify(body)))],
      () => ['application/x-www-form-urlencoded', mutatedBytes(random, Buffer.from(form(body)))],
      () => ['multipart/form-data; boundary=x', mutatedBytes(random, Buffer.from(parts(body)))],
    ])();
    await ask('POST', path, [200, 201, 204], { 'content-type': type }, payload);
    if (index % 50 > 0) return;
    for (const { id } of api.rooms.list()) if (id !== 'room') await api.rooms.delete(id);
    const room = api.rooms.get('room');
    for (const id of [...room.peers.keys()]) room.removePeer(id);
    for (const { id, type } of [...room.components.values()]) if (type !== 'hls') await room.removeComponent(id);
    for (const kind of kinds.values()) kind.calls.length = 0;
    (api.events as unknown[]).length = 0;
  });
  t.strictSame(api.errors, [], 'no error was logged');
});

const paths = ['/hls/room/index.m3u8', '/hls/room/a_part.m4s', '/recording/one/index.m3u8', '/room/room', '/recording'];
const queries = ['_HLS_msn=1&_HLS_part=2', '_HLS_msn=1&_HLS_skip=YES', '_HLS_part=0', 'a[b]=1&a[c][]=2', ''];

t.test('paths and queries of streams', async (t) => {
  await fuzz(t, 2000, async (random) => {
    const escaped = (text: string) =>
      text.replace(/[^\x21-\x7e]|#/g, (letter) => pick(random, [encode(letter), '%ff', '%']));
    const path =
      random() < 0.5 ? pick(random, paths) : `/${escaped(mutatedText(random, pick(random, paths).slice(1)))}`;
    const query = escaped(mutatedText(random, pick(random, queries)));
    await ask('GET', `${path}?${query}`.slice(0, 15_000), [200, 204, 301]);
  });
  t.strictSame(api.errors, [], 'no error was logged');
});

function encode(letter: string): string {
  return encodeURIComponent(letter.isWellFormed() ? letter : '?');
}
