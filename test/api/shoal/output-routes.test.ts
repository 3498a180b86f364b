// Files and streams of rooms, asked for over our own API; over real sockets.
import t from 'tap';
import { RunningApi } from '../running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());
const start = (room: string, body: unknown) => api.ask('POST', `/room/${room}/output`, { body });

t.test('a file output runs from start to end', async (t) => {
  const room = await api.createRoom();
  const { status, json } = await start(room, { type: 'file' });
  t.equal(status, 201);
  const { id, target } = json.data;
  t.strictSame(json.data, { id, type: 'file', state: 'starting', target, error: null });
  t.match(target, new RegExp(`^outputs/${room}/[\\w-]+/room\\.mp4$`));
  t.strictSame((await api.ask('GET', `/room/${room}/output`)).json, { data: [json.data] });
  t.strictSame((await api.ask('GET', `/room/${room}/output/${id}`)).json, { data: json.data });
  t.match(await api.ask('DELETE', `/room/${room}/output/${id}`), { status: 204, text: '' });
  t.match(await api.ask('DELETE', `/room/${room}/output/${id}`), { status: 404 });
  t.strictSame((await api.ask('GET', `/room/${room}/output`)).json, { data: [] });
  const told = api.events.filter((event) => event.type === 'outputChanged' && event.outputId === id);
  t.match(told, [{ state: 'starting', notify: false }, { state: 'finished' }]);
});

t.test('a stream output does not show its key', async (t) => {
  const room = await api.createRoom();
  const url = 'rtmp://user:pass@h.example/live';
  const options = { url, streamKey: 'the"key|[f=x]', username: 'me', password: 'hush' };
  const { status, json, text } = await start(room, { type: 'rtmp', options });
  t.equal(status, 201);
  t.equal(json.data.target, 'rtmp://h.example/live/***');
  const shown = text + (await api.ask('GET', `/room/${room}/output`)).text + JSON.stringify(api.events);
  t.notMatch(shown, /pass|the"key|the\\"key|hush/);
});

t.test('nothing of a key with slashes is shown, whether it is given apart or not', async (t) => {
  const room = await api.createRoom();
  const url = 'rtmp://h.example/live';
  for (const options of [{ url, streamKey: 'hush/se/cret' }, { url: `${url}/hush/se/cret` }]) {
    const { status, json } = await start(room, { type: 'rtmp', options });
    t.match({ status, target: json.data.target }, { status: 201, target: 'rtmp://h.example/live/***' });
  }
});

t.test('a member of an output request may be null, which is the same as leaving it out', async (t) => {
  const room = await api.createRoom();
  const options = { url: null, streamKey: null, username: null, password: null };
  for (const body of [{ options: null }, { notify: null }, { options, notify: null }]) {
    t.match(await start(room, { type: 'file', ...body }), { status: 201 }, JSON.stringify(body));
  }
  const url = 'rtmp://h.example/live/key';
  t.match(await start(room, { type: 'rtmp', options: { ...options, url }, notify: null }), { status: 201 });
  t.match(await start(room, { type: 'rtmp', options }), { status: 400 });
  const told = api.events.filter((event) => event.type === 'outputChanged' && event.roomId === room);
  t.match(told, Array(4).fill({ state: 'starting', notify: false }));
});

t.test('invalid output requests are refused', async (t) => {
  const room = await api.createRoom();
  const url = 'Invalid RTMP URL, or one that is not allowed';
  const cases = [
    [{}, 'Invalid output type'],
    [{ type: 'hls' }, 'Invalid output type'],
    [{ type: 'rtmp' }, url],
    [{ type: 'rtmp', options: { url: 'http://h/a/k' } }, url],
    [{ type: 'rtmp', options: { url: 'rtmp://h/a' } }, url],
    [{ type: 'rtmp', options: { url: 'rtmp://h/a', streamKey: 'a\nb' } }, url],
    [{ type: 'rtmp', options: { url: 'rtmp://forbidden/a/k' } }, url],
    [{ type: 'rtmp', options: { url: 5 } }, 'Invalid request body structure'],
    [{ type: 'rtmp', options: 'url' }, 'Invalid request body structure'],
  ] as const;
  for (const [body, errors] of cases) t.match(await start(room, body), { status: 400, json: { errors } }, errors);
  t.match(await start('nowhere', { type: 'file' }), { status: 404, json: { errors: 'Room nowhere does not exist' } });
  const path = `/room/${room}/output`;
  t.match(await api.ask('GET', `${path}/none`), { status: 404, json: { errors: 'Output none does not exist' } });
  for (const method of ['GET', 'POST']) t.match(await api.ask(method, path, { anonymous: true }), { status: 401 });
});

t.test('a room has a maximum number of outputs, and all end with it', async (t) => {
  const room = await api.createRoom();
  for (let index = 0; index < 16; index += 1) await start(room, { type: 'file' });
  t.match(await start(room, { type: 'file' }), {
    status: 400,
    json: { errors: `Reached outputs limit in room ${room}` },
  });
  await api.rooms.delete(room);
  await new Promise((resolve) => setImmediate(resolve));
  const finished = api.events.filter(
    (event) => event.type === 'outputChanged' && event.state === 'finished' && event.roomId === room,
  );
  t.equal(finished.length, 16);
});

t.test('a file of a room with a long id is in a folder that every file system takes', async (t) => {
  const room = await api.createRoom({ roomId: 'x'.repeat(512) });
  const { target } = (await start(room, { type: 'file' })).json.data;
  for (const name of target.split('/')) t.ok(name.length <= 200, name);
});
