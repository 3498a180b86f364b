// docs/contracts/fishjam-rest.md 8.
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { folderName } from '../../src/storage/folder-name.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';
import { eventually } from '../eventually.ts';

const kinds = componentDoubles();
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());

const folder = join(api.resources, 'recordings');
const write = async (path: string, content: string) => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
};
const refused = (status: number, errors: string) => ({ status, json: { errors } });
const get = (path: string) => api.ask('GET', `/recording/${path}`, { anonymous: true });

t.test('a missing folder has no recordings', async (t) => {
  t.match(await api.ask('GET', '/recording'), { status: 200, text: '{"data":[]}' });
  t.match(await api.ask('DELETE', '/recording/none'), refused(404, 'Recording not found'));
  t.match(await get('none/index.m3u8'), refused(404, 'File not found'));
});

t.test('recordings are listed unless they are live', async (t) => {
  await write('one/index.m3u8', '#EXTM3U');
  await write('two/index.m3u8', '#EXTM3U');
  const roomId = await api.createRoom({ roomId: 'live', videoCodec: 'h264' });
  await write('live/index.m3u8', '#EXTM3U');
  t.same((await api.ask('GET', '/recording')).json.data.sort(), ['live', 'one', 'two'], 'a room alone is not live');

  const added = await api.ask('POST', `/room/${roomId}/component`, { body: { type: 'hls' } });
  t.same((await api.ask('GET', '/recording')).json.data.sort(), ['one', 'two'], 'live streams are no recordings');
  t.match(await get('live/index.m3u8'), refused(404, 'File not found'), 'nor are they served as such');
  t.match(await get('one%2F..%2Flive/index.m3u8'), refused(404, 'File not found'), 'however they are spelt');
  t.match(await api.ask('DELETE', '/recording/live'), refused(404, 'Recording not found'), 'or deleted');

  await api.ask('DELETE', `/room/${roomId}/component/${added.json.data.id}`);
  t.same((await api.ask('GET', '/recording')).json.data.sort(), ['live', 'one', 'two'], 'until the component is gone');
  t.equal((await get('live/index.m3u8')).status, 200);
});

t.test('a recording whose room gets a stream at this moment is not deleted', async (t) => {
  await write('again/index.m3u8', '#EXTM3U');
  const roomId = await api.createRoom({ roomId: 'again', videoCodec: 'h264' });
  const hls = kinds.get('hls');
  const { promise, resolve } = Promise.withResolvers<void>();
  if (hls) hls.delay = promise;
  const adding = api.ask('POST', `/room/${roomId}/component`, { body: { type: 'hls' } });
  await eventually('the stream is being opened', () => hls?.calls.some(([, id]) => id === roomId) ?? false);
  t.match(await api.ask('DELETE', '/recording/again'), refused(404, 'Recording not found'));
  resolve();
  await adding;
  t.match(await api.ask('DELETE', '/recording/again'), refused(404, 'Recording not found'));
  await api.ask('DELETE', `/room/${roomId}`);
  t.match(await api.ask('DELETE', '/recording/again'), { status: 204 });
});

t.test('a room with a long id has a recording of that id', async (t) => {
  const roomId = await api.createRoom({ roomId: 'x'.repeat(512), videoCodec: 'h264' });
  await write(`${folderName(roomId)}/index.m3u8`, '#EXTM3U');
  t.equal((await get(`${roomId}/index.m3u8`)).status, 200);
  await api.ask('POST', `/room/${roomId}/component`, { body: { type: 'hls' } });
  t.notOk((await api.ask('GET', '/recording')).json.data.includes(folderName(roomId)), 'it is live');
  t.match(await api.ask('DELETE', `/recording/${roomId}`), refused(404, 'Recording not found'));
  await api.ask('DELETE', `/room/${roomId}`);
  t.equal((await api.ask('DELETE', `/recording/${roomId}`)).status, 204);
});

t.test('an unreadable folder is an error', async (t) => {
  const broken = await RunningApi.start();
  t.teardown(() => broken.close());
  await writeFile(join(broken.resources, 'recordings'), 'not a folder');
  t.match(await broken.ask('GET', '/recording'), refused(404, 'Unable to obtain recordings'));
});

t.test('files of a recording are served', async (t) => {
  await write('one/seg.m4s', '\x00\x01\xfe');
  await write('one/empty.m4s', '');
  await write('one/deep/file.m4s', 'deep');
  await write('secret.txt', 'secret');
  await writeFile(join(api.resources, 'outside.m3u8'), 'outside');
  const playlist = await api.ask('GET', '/recording/one/index.m3u8', {
    anonymous: true,
    headers: { range: 'bytes=0-1', accept: 'video/mp4' },
  });
  t.equal(playlist.status, 200);
  t.equal(playlist.text, '#EXTM3U', 'range is ignored');
  t.equal(playlist.headers['content-type'], 'application/vnd.apple.mpegurl');
  const headers = { 'accept-encoding': 'br, gzip' };
  const compressed = await fetch(`http://127.0.0.1:${api.port}/recording/one/index.m3u8`, { headers });
  t.equal(compressed.headers.get('content-encoding'), 'gzip');
  t.equal(compressed.headers.get('vary'), 'accept-encoding');
  t.equal(await compressed.text(), '#EXTM3U');
  const segment = await get('one/seg.m4s');
  t.equal(segment.text, '\x00\x01\xfe');
  t.notOk('content-type' in segment.headers, 'other files have no content type');
  t.match(await get('one/empty.m4s'), { status: 200, text: '' });
  const head = await api.ask('HEAD', '/recording/one/index.m3u8', { anonymous: true });
  t.match(head, { status: 200, text: '', headers: { 'content-length': '7' } });

  for (const id of ['..%2Fx', '..', '.', '%2E%2E', 'one%2F..', 'one%2F..%2F..%2Fx']) {
    const text = `Invalid recording, got: ${decodeURIComponent(id)}`;
    t.match(await get(`${id}/f`), refused(400, text), `outside: ${id}`);
  }
  for (const name of ['..%2Fx', '.', '..', '..%2F..%2Foutside.m3u8', 'deep%2F..', '..%2Ftwo%2Findex.m3u8']) {
    const text = `Invalid filename, got: ${decodeURIComponent(name)}`;
    t.match(await get(`one/${name}`), refused(400, text), `outside: ${name}`);
  }
  for (const path of [
    'one/none',
    'one/deep',
    'none/index.m3u8',
    'one%2Fdeep/file.m4s',
    'secret.txt/f',
    'one/a%00b',
    'a%00b/f',
  ]) {
    t.match(await get(path), refused(404, 'File not found'), `missing: ${path}`);
  }
  t.match(await get(`one/${'x'.repeat(300)}`), refused(404, 'File not found'), 'a name that no file can have');
  t.equal((await get('one/deep%2F..%2Findex.m3u8')).status, 200, 'a detour that stays inside');
  t.equal((await get('one/%2Findex.m3u8')).status, 200, 'a leading slash is simply joined');
});

t.test('links do not lead outside', async (t) => {
  await writeFile(join(api.resources, 'outside.m3u8'), 'outside');
  await mkdir(join(api.resources, 'elsewhere'), { recursive: true });
  await writeFile(join(api.resources, 'elsewhere', 'f.m4s'), 'elsewhere');
  await write('linked/index.m3u8', '#EXTM3U');
  await symlink('../../outside.m3u8', join(folder, 'linked', 'outside.m3u8'));
  await symlink('index.m3u8', join(folder, 'linked', 'inside.m3u8'));
  await symlink(join(api.resources, 'elsewhere'), join(folder, 'link'));
  t.match(await get('linked/outside.m3u8'), refused(404, 'File not found'));
  t.equal((await get('linked/inside.m3u8')).status, 200);
  t.match(await get('link/f.m4s'), refused(404, 'File not found'));
  t.equal((await api.ask('DELETE', '/recording/link')).status, 204, 'a link is deleted itself');
  t.same(await readdir(join(api.resources, 'elsewhere')), ['f.m4s'], 'not what it leads to');
});

t.test('a recording is deleted by its id only', async (t) => {
  await write('gone/deep/file.m4s', 'deep');
  for (const id of ['.', '..', '..%2Fx', '%2E', 'gone%2F..', '..%2F..%2Fetc']) {
    const text = `Invalid recording id, got: ${decodeURIComponent(id)}`;
    t.match(await api.ask('DELETE', `/recording/${id}`), refused(400, text), id);
  }
  t.match(await api.ask('DELETE', '/recording/gone%2Fdeep'), refused(404, 'Recording not found'), 'only a part of one');
  t.match(await api.ask('DELETE', '/recording/none'), refused(404, 'Recording not found'));
  t.match(await api.ask('DELETE', '/recording/gone'), { status: 204, text: '' }, 'with all that is in it');
  t.notOk((await readdir(folder)).includes('gone'));
  t.match(await api.ask('DELETE', '/recording/gone'), refused(404, 'Recording not found'));
});
