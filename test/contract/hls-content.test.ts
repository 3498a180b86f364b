// docs/contracts/fishjam-rest.md 9.1 to 9.4: what the route decides.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import type { HlsContent, HlsResource } from '../../src/component/hls/hls-content.ts';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';

const kinds = componentDoubles();
const hls = kinds.get('hls');
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());

const folder = join(api.resources, 'temporary_hls', 'room');
await mkdir(join(folder, 'deep'), { recursive: true });
const calls: unknown[][] = [];
const compressed = gzipSync('#EXTM3U newest');
const memory = new Map<string, HlsResource>();
const content: HlsContent = {
  folder,
  playlist: async (...args) => {
    calls.push(args);
    const { segment } = args[1];
    if (segment === 400) throw new ShoalError('playlistTooFarAhead');
    if (segment === 503) throw new ShoalError('playlistLate');
    return segment === 404 ? undefined : { body: Buffer.from('#EXTM3U newest'), gzip: () => compressed, maxAge: 6 };
  },
  file: (name) => memory.get(name),
  partialSegment: async (name) => {
    calls.push([name]);
    return name === 'here_part.m4s' ? { body: Buffer.from([0, 255]), maxAge: 12 } : undefined;
  },
};
if (hls) hls.content = content;

const get = (path: string) => api.ask('GET', `/hls/${path}`, { anonymous: true });
const fileNotFound = { status: 404, json: { errors: 'File not found' } };

t.test('a room without HLS has no files', async (t) => {
  const roomId = await api.createRoom();
  for (const path of ['index.m3u8', '..%2Fx.m3u8', 'x_part.m4s', 'index.m3u8?_HLS_msn=0&_HLS_part=0', '.']) {
    t.match(await get(`${roomId}/${path}`), fileNotFound, path);
    t.match(await get(`none/${path}`), fileNotFound, `no room: ${path}`);
  }
});

t.test('a room with HLS serves its files', async (t) => {
  await api.createRoom({ roomId: 'room', videoCodec: 'h264' });
  const added = await api.ask('POST', '/room/room/component', { body: { type: 'hls' } });
  await writeFile(join(folder, 'index.m3u8'), '#EXTM3U');
  await writeFile(join(folder, 'index_delta.m3u8'), '#EXTM3U delta');
  await writeFile(join(folder, 'seg.m4s'), 'segment');
  await writeFile(join(folder, 'x_part.m4s'), 'on disk');

  t.test('plain files are served as they are', async (t) => {
    const playlist = await api.ask('GET', '/hls/room/index.m3u8', {
      anonymous: true,
      headers: { range: 'bytes=0-1', accept: 'video/mp4' },
    });
    t.match(playlist, { status: 200, text: '#EXTM3U' }, 'the range header is ignored');
    t.equal(playlist.headers['content-type'], 'application/vnd.apple.mpegurl');
    t.equal(playlist.headers['cache-control'], 'max-age=0, private, must-revalidate');
    const segment = await get('room/seg.m4s');
    t.match(segment, { status: 200, text: 'segment' });
    t.notOk('content-type' in segment.headers, 'no content type');
    for (const name of ['none.m3u8', 'deep', 'deep%2Fnone', 'a%00b'])
      t.match(await get(`room/${name}`), fileNotFound, name);
    for (const name of ['..%2Fx.m3u8', '.', '..', 'deep%2F..', '..%2F..%2F..%2Fetc%2Fpasswd']) {
      const errors = `Invalid filename, got ${decodeURIComponent(name)}`;
      t.match(await get(`room/${name}`), { status: 400, json: { errors } }, `outside: ${name}`);
    }
    await writeFile(join(api.resources, 'outside.m3u8'), 'outside');
    await symlink('../../outside.m3u8', join(folder, 'link.m3u8'));
    t.match(await get('room/link.m3u8'), fileNotFound, 'links do not lead outside');
  });

  t.test('the query decides between file, playlist and part', async (t) => {
    const asked = async (path: string) => {
      calls.length = 0;
      const response = await get(`room/${path}`);
      return [response.status, response.text, calls[0]];
    };
    t.same(await asked('index.m3u8?_HLS_skip'), [200, '#EXTM3U delta', undefined], 'skip without a value');
    t.same(await asked('index.m3u8?_HLS_skip=YES'), [200, '#EXTM3U delta', undefined]);
    t.same(await asked('seg.m4s?_HLS_skip=YES'), [200, 'segment', undefined], 'only playlists have a delta');
    t.same(await asked('index.m3u8?_HLS_msn=3'), [200, '#EXTM3U', undefined], 'the multivariant playlist never waits');
    const whole = ['media', { segment: 3 }];
    t.same(await asked('g2QABXZpZGVv.m3u8?_HLS_msn=3'), [200, '#EXTM3U newest', whole], 'RFC: the whole segment');
    t.equal((await asked('g2QABXZpZGVv.m3u8?_HLS_msn=404'))[0], 404, 'nobody waits, and there is no such file');
    t.equal((await asked('g2QABXZpZGVv.m3u8?_HLS_part=3'))[0], 400, 'RFC: a part of which segment?');
    t.same(await asked('seg.m4s?_HLS_part=3'), [200, 'segment', undefined], 'only playlists have positions');
    const media = ['media', { segment: 3, part: 1 }];
    t.same(await asked('any?_HLS_msn=3&_HLS_part=1'), [200, '#EXTM3U newest', media], 'the name is not used');
    t.same(await asked('..%2Fx?_HLS_msn=3&_HLS_part=1'), [200, '#EXTM3U newest', media], 'not even a wrong one');
    t.same(await asked('x_part.m4s?_HLS_msn=3&_HLS_part=1'), [200, '#EXTM3U newest', media], 'before parts');
    const delta = ['delta', { segment: 0, part: 0 }];
    t.same(await asked('x_delta.m3u8?_HLS_msn=0&_HLS_part=0'), [200, '#EXTM3U newest', delta]);
    t.same(await asked('x.m3u8?_HLS_msn=0&_HLS_part=0&_HLS_skip=YES'), [200, '#EXTM3U newest', delta]);
    t.same((await asked('index.m3u8?_HLS_msn=404&_HLS_part=0'))[0], 404, 'no such playlist');
    t.match(await get('room/any?_HLS_msn=400&_HLS_part=0'), { status: 400 }, 'RFC: too far ahead');
    t.match(await get('room/any?_HLS_msn=503&_HLS_part=0'), { status: 503 }, 'RFC: not in time');
    for (const wrong of ['x', '', '-1', '1.5', '1e3']) {
      t.match(await get(`room/index.m3u8?_HLS_msn=${wrong}&_HLS_part=0`), { status: 400 }, `_HLS_msn=${wrong}`);
      t.match(await get(`room/index.m3u8?_HLS_msn=0&_HLS_part=${wrong}`), { status: 400 }, `_HLS_part=${wrong}`);
    }
    const newest = await get('room/any?_HLS_msn=3&_HLS_part=1');
    t.equal(newest.headers['content-type'], 'application/vnd.apple.mpegurl');
  });

  t.test('partial segments are served from memory', async (t) => {
    const part = await get('room/here_part.m4s');
    t.equal(part.status, 200);
    t.equal(part.headers['content-length'], '2');
    t.notOk('content-type' in part.headers);
    t.match(await get('room/x_part.m4s'), fileNotFound, 'from memory, not from the disk');
    calls.length = 0;
    t.match(await get('room/..%2Fx_part.m4s'), fileNotFound, 'never a path');
    t.same(calls, [['../x_part.m4s']]);
  });

  t.test('playlists are served from memory', async (t) => {
    memory.set('index.m3u8', { body: Buffer.from('#EXTM3U memory'), gzip: () => compressed, maxAge: 1 });
    memory.set('seg.m4s', { body: Buffer.from('memory'), maxAge: 12 });
    const playlist = await get('room/index.m3u8');
    t.match(playlist, { status: 200, text: '#EXTM3U memory' }, 'rather than from disk');
    t.equal(playlist.headers['cache-control'], 'public, max-age=1');
    t.equal(playlist.headers['access-control-allow-origin'], '*');
    const media = await get('room/seg.m4s');
    t.match(media, { status: 200, text: 'memory' });
    t.equal(media.headers['cache-control'], 'public, max-age=12');
    t.notOk('content-type' in media.headers);
    memory.set('seg_delta.m3u8', { body: Buffer.from('delta'), gzip: () => compressed, maxAge: 1 });
    t.match(await get('room/seg.m3u8?_HLS_skip=YES'), { text: 'delta' });
    memory.delete('seg_delta.m3u8');
    memory.set('seg.m3u8', { body: Buffer.from('whole'), gzip: () => compressed, maxAge: 1 });
    t.match(await get('room/seg.m3u8?_HLS_skip=YES'), { text: 'whole' }, 'RFC: no delta yet');
    t.match(await get('room/seg_delta.m3u8'), fileNotFound);
    memory.clear();
  });

  t.test('playlists are compressed when the client accepts it', async (t) => {
    const rows = [
      ['gzip', true],
      ['deflate, gzip;q=0.5, br', true],
      ['GZIP;q=1.0', true],
      ['gzip;q=0', false],
      ['gzip;q=0.000', false],
      ['br', false],
      ['gzipped', false],
    ] as const;
    for (const [accepted, expected] of rows) {
      const headers = { 'accept-encoding': accepted };
      const response = await fetch(`http://127.0.0.1:${api.port}/hls/room/any?_HLS_msn=3&_HLS_part=0`, { headers });
      t.equal(response.headers.get('content-encoding'), expected ? 'gzip' : null, accepted);
      t.equal(response.headers.get('vary'), 'accept-encoding');
      t.equal(await response.text(), '#EXTM3U newest');
    }
    t.equal(gunzipSync(compressed).toString(), '#EXTM3U newest');
  });

  t.test('after the end the files are served from disk', async (t) => {
    await api.ask('DELETE', `/room/room/component/${added.json.data.id}`);
    t.match(await get('room/index.m3u8'), fileNotFound);
  });
});
