// docs/contracts/fishjam-rest.md 3.4, 6.1, 6.7 and 6.8: what all kinds of component share.
import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';
import { HeldClock } from '../clock/held-clock.ts';

const kinds = componentDoubles();
const hls = kinds.get('hls');
const api = await RunningApi.start({ components: componentsOf(kinds) });
t.teardown(() => api.close());

const add = (roomId: string, body?: unknown, server = api) => server.ask('POST', `/room/${roomId}/component`, { body });
const refused = (status: number, errors: string) => ({ status, json: { errors } });
const invalidBody = refused(400, 'Invalid request body structure');
const unknownRoom = refused(404, 'Room none does not exist');

t.test('a component is added with its properties', async (t) => {
  const roomId = await api.createRoom();
  const response = await add(roomId, { type: 'file', options: { filePath: 'a.ogg' } });
  const { id } = response.json.data;
  t.equal(response.status, 201);
  t.match(id, /^[0-9a-f-]{36}$/);
  t.same(response.json, { data: { id, type: 'file', properties: { subscribeMode: 'auto' }, tracks: [] } });
  t.same(kinds.get('file')?.calls.at(-1), ['create', roomId, { filePath: 'a.ogg' }]);
  const track = { id: '0123456789ABCDEF', type: 'video', metadata: null };
  t.same((await api.ask('GET', `/room/${roomId}`)).json.data.components[0].tracks, [track], 'tracks show at once');
  await add(roomId, { type: 'sip' });
  t.same(kinds.get('sip')?.calls.at(-1), ['create', roomId, {}], 'options may be left out');
});

t.test('components are refused in the order of the checks', async (t) => {
  const plain = await api.createRoom();
  const vp8 = await api.createRoom({ videoCodec: 'vp8' });
  const h264 = await api.createRoom({ videoCodec: 'h264' });
  const off = await RunningApi.start({ components: componentsOf(new Map()) });
  t.teardown(() => off.close());
  const offRoom = await off.createRoom({ videoCodec: 'vp8' });
  const options = null;

  t.match(await add('none', { options }), invalidBody, 'no type');
  t.match(await add('none'), invalidBody, 'no body');
  for (const type of ['x', 'HLS', '', null, 5, ['hls'], '__proto__', 'constructor']) {
    t.match(await add('none', { type, options }), refused(400, 'Invalid component type'), `type ${type}`);
  }
  t.match(await add('none', { type: 'hls', options }), unknownRoom);
  t.match(await add('none', { type: 'hls', options }, off), unknownRoom, 'an unknown room before a disabled type');
  for (const type of ['hls', 'rtsp', 'file', 'sip', 'recording']) {
    const text = `Components of type ${type} are disabled on this Fishjam`;
    t.match(await add(offRoom, { type, options }, off), refused(400, text));
  }
  for (const type of ['hls', 'rtsp', 'recording']) {
    for (const room of [plain, vp8]) {
      const text = `Incompatible video codec enforced in room ${room}`;
      t.match(await add(room, { type, options }), refused(400, text), `${type}: the codec has to be h264`);
    }
  }
  for (const type of ['hls', 'rtsp', 'file', 'sip', 'recording']) {
    t.match(await add(h264, { type, options }), invalidBody, 'options last');
    t.equal((await add(h264, { type })).status, 201, type);
  }
  for (const type of ['hls', 'recording']) {
    const text = `Reached ${type} components limit in room ${h264}`;
    t.match(await add(h264, { type, options }), refused(400, text), 'the limit before the options');
  }
  for (const type of ['rtsp', 'file', 'sip']) t.equal((await add(h264, { type })).status, 201, `${type}: no limit`);
  for (const type of ['file', 'sip']) t.equal((await add(vp8, { type })).status, 201, `${type}: no codec rule`);
});

t.test('options must be an object and are validated by the kind', async (t) => {
  const roomId = await api.createRoom();
  for (const options of [null, 'text', 5, true, [], ['a']]) {
    t.match(await add(roomId, { type: 'file', options }), invalidBody, `not an object: ${JSON.stringify(options)}`);
  }
  const sip = kinds.get('sip');
  if (sip) sip.refusal = new ShoalError('invalidBody');
  t.match(await add(roomId, { type: 'sip' }), invalidBody, "the kind's own response");
  if (sip) sip.refusal = new Error('Something broke.');
  t.match(await add(roomId, { type: 'sip' }), { status: 500, json: { errors: { detail: 'Internal Server Error' } } });
  if (sip) sip.refusal = undefined;
});

t.test('two concurrent requests do not exceed the limit', async (t) => {
  const roomId = await api.createRoom({ videoCodec: 'h264' });
  let go: () => void = () => undefined;
  if (hls) hls.delay = new Promise((resolve) => (go = resolve));
  const asked = [add(roomId, { type: 'hls' }), add(roomId, { type: 'hls' })];
  // Later requests have been responded to: these two wait for the limit by now.
  for (let turn = 0; turn < 5; turn += 1) await api.ask('GET', '/room');
  go();
  const statuses = (await Promise.all(asked)).map((response) => response.status).sort();
  if (hls) hls.delay = undefined;
  t.same(statuses, [201, 400]);
});

t.test('a component that has not started in 5 s responds with 503, the reason, and can be added again', async (t) => {
  const clock = new HeldClock();
  const doubles = componentDoubles();
  const slow = await RunningApi.start({ components: componentsOf(doubles), clock });
  t.teardown(() => slow.close());
  const roomId = await slow.createRoom({ videoCodec: 'h264' });
  for (const [type, double] of doubles) {
    const start = Promise.withResolvers<void>();
    double.delay = start.promise;
    const asked = add(roomId, { type }, slow);
    await clock.whenPending(1);
    clock.advance(4_999);
    t.equal(slow.rooms.get(roomId).components.size, 0);
    clock.advance(1);
    const text = `Component of type ${type} did not start in time in room ${roomId}, the server is busy`;
    t.match(await asked, refused(503, text), type);
    double.delay = undefined;
    const again = add(roomId, { type }, slow);
    await clock.whenPending(1);
    start.resolve();
    const { status, json } = await again;
    t.equal(status, 201, `${type}: once more`);
    const { id } = json.data;
    t.same([...slow.rooms.get(roomId).components.keys()], [id], 'the late one is not kept');
    t.equal((await slow.ask('DELETE', `/room/${roomId}/component/${id}`)).status, 204);
  }
  t.same(slow.errors, [], 'it is no fault of the server');
});

t.test('deleting a component responds when it is closed', async (t) => {
  const roomId = await api.createRoom();
  const { id } = (await add(roomId, { type: 'file' })).json.data;
  t.match(await api.ask('DELETE', `/room/none/component/${id}`), unknownRoom);
  t.match(await api.ask('DELETE', `/room/${roomId}/component/none`), refused(404, 'Component none does not exist'));
  let flushed: () => void = () => undefined;
  const file = kinds.get('file');
  if (file) file.closing = new Promise((resolve) => (flushed = resolve));
  t.match(
    await api.ask('DELETE', `/room/${roomId}/component/${id}`),
    { status: 204, text: '' },
    'nobody waits for its media',
  );
  flushed();
  t.same((await api.ask('GET', `/room/${roomId}`)).json.data.components, []);
  t.equal((await api.ask('DELETE', `/room/${roomId}/component/${id}`)).status, 404);
  t.same(
    api.events.filter((event) => event.roomId === roomId).map((event) => event.type),
    ['roomCreated', 'trackAdded', 'trackRemoved'],
    'no component notification',
  );
});

t.test('endpoints are subscribed for manual components only', async (t) => {
  const roomId = await api.createRoom({ videoCodec: 'h264' });
  const idOf = async (type: string, options = {}) => (await add(roomId, { type, options })).json.data.id;
  const manual = await idOf('hls', { subscribeMode: 'manual' });
  const auto = await idOf('recording');
  const subscribe = (room: string, component: string, body?: unknown) =>
    api.ask('POST', `/room/${room}/component/${component}/subscribe/`, { body });

  const response = await subscribe(roomId, manual, { origins: ['a', 'unknown'] });
  t.equal(response.status, 201);
  t.equal(response.text, 'Successfully subscribed for tracks');
  t.notOk('content-type' in response.headers, 'plain text without a content type');
  t.equal(response.headers['access-control-allow-origin'], '*');
  t.same(hls?.calls.at(-1), ['subscribe', manual, ['a', 'unknown']]);
  t.equal((await subscribe(roomId, manual, { origins: [] })).status, 201, 'nothing is something, too');

  t.match(await subscribe('none', 'none', {}), invalidBody, 'no origins');
  t.match(await subscribe('none', 'none'), invalidBody, 'no body');
  t.match(await subscribe('none', 'none', { origins: [] }), unknownRoom);
  t.match(
    await subscribe(roomId, 'none', { origins: [] }),
    refused(400, 'Component none does not exist'),
    '400, not 404',
  );
  const unsupported = refused(400, 'Subscribe mode is supported only for HLS and Recording components');
  for (const type of ['rtsp', 'file', 'sip']) {
    t.match(await subscribe(roomId, await idOf(type), { origins: [] }), unsupported, type);
  }
  const text = `Component ${auto} option \`subscribe_mode\` is set to :auto`;
  t.match(await subscribe(roomId, auto, { origins: [] }), refused(400, text));
  for (const origins of [null, 'a', 5, {}, [5], [null]]) {
    t.match(await subscribe(roomId, manual, { origins }), invalidBody, `origins ${JSON.stringify(origins)}`);
  }
});
