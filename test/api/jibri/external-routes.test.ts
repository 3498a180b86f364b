// docs/contracts/jibri.md 2, over real sockets.
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { RunningJibri, startBody } from '../../jibri/running-jibri.ts';

const idle = '{"busy":false,"status":{"busyStatus":"IDLE","health":{"healthStatus":"HEALTHY","details":{}}}}';
const busy = '{"busy":true,"status":{"busyStatus":"BUSY","health":{"healthStatus":"HEALTHY","details":{}}}}';
const call = startBody().callParams as Record<string, unknown>;
const empty = { status: 500, text: '' };
const refused = (text: string) => ({ status: 412, type: 'text/plain; charset=UTF-8', text });

/** A start request whose metadata is an object in an object and so on. */
function nested(levels: number): string {
  const metadata = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
  return JSON.stringify(startBody({ serviceParams: { appData: { file_recording_metadata: 0 } } })).replace(
    '0',
    metadata,
  );
}

t.test('health has one body for old and new clients', async (t) => {
  const jibri = await RunningJibri.start(t);
  t.strictSame(await jibri.ask('GET', 'health'), { status: 200, type: 'application/json', text: idle });
  const authorization = 'Bearer whatever';
  t.equal(
    (await jibri.ask('GET', 'health', undefined, { headers: { authorization } })).text,
    idle,
    'tokens are ignored',
  );
  t.equal((await jibri.ask('GET', 'health?x=1')).text, idle, 'so are queries');
  await jibri.start();
  t.equal(await jibri.health(), busy);
  await jibri.stop();
  t.equal(await jibri.health(), idle);
});

t.test('unknown paths get 404, other methods 405', async (t) => {
  const jibri = await RunningJibri.start(t);
  const cases = [
    ['POST', 'health', 405],
    ['GET', 'startService', 405],
    ['GET', 'stopService', 405],
    ['PUT', 'stopService', 405],
    ['OPTIONS', 'health', 405],
    ['GET', 'health/', 404],
    ['POST', 'startService/', 404],
    ['GET', 'toString', 404],
    ['GET', '', 404],
    ['GET', '//health', 404],
    ['GET', '//', 404],
    ['GET', '//metrics', 404],
    ['GET', '//jibri/api/v1.0', 404],
    ['POST', '//jibri/api/internal/v1.0/shutdown', 404],
  ] as const;
  for (const [method, path, status] of cases) {
    const reply = await jibri.ask(method, path);
    t.match(reply, { status, text: '' }, `${method} ${path}`);
    if (!path.startsWith('//')) {
      const headers = { authorization: 'Bearer development' };
      const main = await jibri.ask(method, path, undefined, { port: jibri.api.port, headers });
      t.match(main, { status, text: '' }, `${method} ${path} on the main port`);
    }
  }
});

t.test('doubled slashes count as one', async (t) => {
  const jibri = await RunningJibri.start(t);
  for (const path of ['//jibri/api/v1.0/health', '/jibri//api/v1.0///health']) {
    t.match(await jibri.ask('GET', `/${path}`), { status: 200, text: idle }, path);
    const main = { port: jibri.api.port, headers: { authorization: 'Bearer development' } };
    t.match(await jibri.ask('GET', `/${path}`, undefined, main), { status: 200, text: idle }, `${path}, main port`);
  }
});

t.test('an accepted start has an empty body', async (t) => {
  const jibri = await RunningJibri.start(t);
  for (const sinkType of ['file', 'FILE', 'File']) {
    t.match(await jibri.start({ sinkType }), { status: 200, type: undefined, text: '' }, sinkType);
    await jibri.stop();
  }
  const login = { domain: 'd', username: 'u', password: 'p', port: 5222, randomizeUsername: true, more: [1] };
  const other = { callLoginParams: login, unknown: { a: 1 }, serviceParams: 5, youTubeStreamKey: null };
  t.match(await jibri.start(other), { status: 200, text: '' }, 'what is not known is ignored');
  await jibri.stop();
  const body = JSON.stringify(startBody());
  const types: Record<string, string>[] = [
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'json' },
    { 'content-type': ';' },
    { 'content-type': '' },
  ];
  for (const headers of types) {
    t.match(await jibri.ask('POST', 'startService', body, { headers }), { status: 200, text: '' }, 'of any type');
    await jibri.stop();
    const main = { port: jibri.api.port, headers: { ...headers, authorization: 'Bearer development' } };
    t.match(await jibri.ask('POST', 'startService', body, main), { status: 200, text: '' }, 'on the main port, too');
    await jibri.stop();
  }
});

t.test('bodies that are no start request get 500', async (t) => {
  const jibri = await RunningJibri.start(t);
  const url = call.callUrlInfo as object;
  const bodies: readonly unknown[] = [
    '',
    'null',
    '[]',
    '"text"',
    '{',
    '{"sessionId":"a"}',
    ...['sessionId', 'sinkType', 'callParams'].map((name) => startBody({ [name]: undefined })),
    startBody({ callParams: {} }),
    startBody({ sessionId: 5 }),
    startBody({ sessionId: null }),
    startBody({ sessionId: '' }),
    startBody({ sinkType: 'pigeon' }),
    startBody({ sinkType: 1 }),
    startBody({ callParams: { callUrlInfo: { ...url, callName: null } } }),
    startBody({ callParams: { callUrlInfo: { ...url, baseUrl: 1 } } }),
    startBody({ callParams: { callUrlInfo: { ...url, urlParams: 'jwt=1' } } }),
    startBody({ callParams: { ...call, passcode: 5 } }),
    startBody({ callLoginParams: 'me' }),
    startBody({ callLoginParams: { port: '1' } }),
    startBody({ sinkType: 'stream', rtmpUrl: 7 }),
    startBody({ sipClientParams: [] }),
    nested(20_000),
    startBody({ unknown: Array(20_001).fill(1) }),
    startBody({ unknown: 'x'.repeat(1_000_000) }),
    'x'.repeat(2_000_000),
  ];
  for (const body of bodies) {
    t.match(await jibri.ask('POST', 'startService', body), empty, JSON.stringify(body).slice(0, 80));
    const main = { port: jibri.api.port, headers: { authorization: 'Bearer development' } };
    t.match(await jibri.ask('POST', 'startService', body, main), empty, 'on the main port, too');
  }
  const { default: slot } = jibri.jibri.slots;
  slot.start = () => {
    throw new Error('secret');
  };
  for (const port of [jibri.ports[0], jibri.api.port]) {
    const headers = { authorization: 'Bearer development' };
    t.match(await jibri.ask('POST', 'startService', startBody(), { port, headers }), empty, 'what nobody foresaw');
  }
  t.equal(await jibri.health(), idle);
});

t.test('bodies are read as Jackson reads them', async (t) => {
  const jibri = await RunningJibri.start(t);
  const bodies = [
    `\uFEFF${JSON.stringify(startBody())}`,
    startBody({ callParams: { callUrlInfo: { baseUrl: 'https://meet.example.org', callName: 4711 } } }),
    nested(900),
    JSON.stringify(startBody()).replace('"standup"', '12345678901234567890'),
    JSON.stringify(startBody()).replace('"standup"', '1.50'),
    JSON.stringify(startBody()).replace('"standup"', 'true'),
    startBody({ serviceParams: { appData: { file_recording_metadata: { text: '{['.repeat(2000) } } } }),
    startBody({ sessionId: 'x'.repeat(300) }),
  ];
  for (const [index, body] of bodies.entries()) {
    const text = JSON.stringify(body).slice(0, 80);
    t.match(await jibri.ask('POST', 'startService', body), { status: 200, text: '' }, text);
    await jibri.output(index);
    jibri.play();
    await jibri.stop();
    t.equal(await jibri.health(), idle, text);
  }
  const names = [undefined, '4711', undefined, '12345678901234567890', '1\\.50', 'true'];
  for (const [index, name = 'standup'] of names.entries()) {
    t.match(jibri.outputs[index]?.path, new RegExp(`/${name}_[\\d-]+\\.mp4$`));
  }
});

t.test('a missing parameter is named in a 412', async (t) => {
  const jibri = await RunningJibri.start(t);
  const withoutLogin = { callLoginParams: undefined };
  const cases = [
    [{ sinkType: 'stream' }, 'Stream key missing'],
    [{ sinkType: 'stream', ...withoutLogin }, 'Stream key missing'],
    [{ sinkType: 'STREAM', rtmpUrl: '', youTubeStreamKey: '' }, 'Stream key missing'],
    [{ sinkType: 'stream', rtmpUrl: 'rtmp://a/b/c', ...withoutLogin }, 'Call login params missing'],
    [withoutLogin, 'Call login params missing'],
    [{ callLoginParams: null }, 'Call login params missing'],
    [{ sinkType: 'gateway' }, 'SIP client params missing'],
    [{ sinkType: 'gateway', sipClientParams: null }, 'SIP client params missing'],
  ] as const;
  for (const [changes, text] of cases) t.strictSame(await jibri.start(changes), refused(text), text);
  await jibri.start();
  t.strictSame(await jibri.start(withoutLogin), refused('Call login params missing'), 'comes before the busy check');
});

t.test('a login is not required where the configuration says so', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_REQUIRE_CALL_LOGIN: 'false' });
  t.match(await jibri.start({ callLoginParams: undefined }), { status: 200 });
});

t.test('exactly one of many concurrent starts is accepted', async (t) => {
  const jibri = await RunningJibri.start(t);
  const starts = Array.from({ length: 20 }, (_, index) => jibri.start({ sessionId: `s${index}` }));
  const replies = await Promise.all(starts);
  t.equal(replies.filter(({ status }) => status === 200).length, 1);
  const others = replies.filter(({ status }) => status !== 200);
  for (const reply of others) t.strictSame(reply, refused('Jibri is currently busy'));
  await jibri.output();
  t.equal(jibri.rooms.list().length, 1);
  t.equal(jibri.outputs.length, 1);
});

t.test('a stop responds when the session has ended, whatever its body is', async (t) => {
  const jibri = await RunningJibri.start(t);
  const headers = {};
  const bodies = [undefined, '{}', '{', startBody()];
  for (const body of bodies)
    t.match(await jibri.ask('POST', 'stopService', body, { headers }), { status: 200, text: '' });
  await jibri.start();
  const output = await jibri.output();
  jibri.play();
  let release = () => {};
  output.closing = new Promise((resolve) => {
    release = resolve;
  });
  const stops = [jibri.stop(), jibri.stop()];
  let responded = 0;
  for (const stop of stops) void stop.then(() => (responded += 1));
  t.equal(await jibri.health(), busy, 'health is reported meanwhile');
  t.strictSame(await jibri.start(), refused('Jibri is currently busy'), 'stopping is busy');
  t.equal(responded, 0);
  release();
  for (const reply of await Promise.all(stops)) t.match(reply, { status: 200, text: '' });
  t.equal(await jibri.health(), idle);
});

t.test('a stop ends a session that is still starting', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_AUTO_CREATE_ROOM: 'false' });
  await jibri.start();
  t.match(await jibri.stop(), { status: 200 });
  t.equal(await jibri.health(), idle);
  t.equal(jibri.outputs.length, 0);
  const start = jibri.start();
  const stop = jibri.stop();
  t.match(await start, { status: 200 });
  await stop;
  await jibri.stop();
  t.equal(await jibri.health(), idle);
});

t.test("the main port requires the server's API token", async (t) => {
  const jibri = await RunningJibri.start(t);
  const { port } = jibri.api;
  t.match(await jibri.ask('GET', 'health', undefined, { port }), { status: 401 });
  t.match(await jibri.ask('POST', 'startService', startBody(), { port }), { status: 401 });
  t.match(await jibri.ask('POST', 'stopService', undefined, { port, headers: { authorization: 'Bearer no' } }), {
    status: 401,
  });
  const headers = { authorization: 'Bearer development' };
  const reply = await jibri.ask('GET', 'health', undefined, { port, headers });
  t.strictSame(reply, { status: 200, type: 'application/json', text: idle });
  const open = await RunningJibri.start(t, { JIBRI_API_AUTH: 'none' });
  t.match(await open.ask('GET', 'health', undefined, { port: open.api.port, headers: {} }), {
    status: 200,
    text: idle,
  });
});

t.test('each slot has its own address and state', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_SLOTS: '3' });
  const [first, second, third] = jibri.ports;
  t.match(await jibri.ask('POST', 'startService', startBody(), { port: second }), { status: 200 });
  t.equal((await jibri.ask('GET', 'health', undefined, { port: first })).text, idle);
  t.equal((await jibri.ask('GET', 'health', undefined, { port: second })).text, busy);
  t.equal((await jibri.ask('GET', 'health', undefined, { port: third })).text, idle);
  const main = { port: jibri.api.port, headers: { authorization: 'Bearer development' } };
  t.equal((await jibri.ask('GET', '//recorders/rec-1/jibri/api/v1.0/health', undefined, main)).text, busy);
  t.equal((await jibri.ask('GET', '//recorders/rec/jibri/api/v1.0/health', undefined, main)).text, idle);
  t.match(await jibri.ask('GET', '//recorders/nobody/jibri/api/v1.0/health', undefined, main), {
    status: 404,
    text: '',
  });
  t.match(await jibri.ask('POST', '//recorders/rec-1/jibri/api/v1.0/stopService', '{}', main), { status: 200 });
  t.equal((await jibri.ask('GET', 'health', undefined, { port: second })).text, idle);
});

t.test('a room can be recorded by its id', async (t) => {
  const jibri = await RunningJibri.start(t);
  const id = await jibri.api.createRoom({ roomId: 'Lobby' });
  const main = { port: jibri.api.port, headers: { authorization: 'Bearer development' } };
  const path = `//room/${id}/jibri/api/v1.0`;
  t.equal((await jibri.ask('GET', `${path}/health`, undefined, main)).text, idle);
  t.match(await jibri.ask('GET', '//room/nowhere/jibri/api/v1.0/health', undefined, main), { status: 404, text: '' });
  const start = (callUrlInfo: object) =>
    jibri.ask('POST', `${path}/startService`, startBody({ callParams: { callUrlInfo } }), main);
  t.match(await start({ callName: 'elsewhere' }), refused('Call does not match'));
  t.match(await start({}), { status: 200, text: '' });
  t.equal((await jibri.ask('GET', `${path}/health`, undefined, main)).text, busy);
  t.equal(await jibri.health(), idle, 'the default slot is free');
  t.match((await jibri.output()).path, /Lobby_[\d-]+\.mp4$/);
  t.match(await jibri.ask('POST', `${path}/stopService`, undefined, main), { status: 200 });
  t.match(await start({ callName: 'lobby' }), { status: 200 });
  await jibri.api.ask('DELETE', `/room/${id}`);
  t.match(await jibri.ask('GET', `${path}/health`, undefined, main), { status: 404 }, 'as long as the room is there');
});

t.test("a session does not use up the room's limits", async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_SLOTS: '2' });
  await jibri.api.createRoom({ roomId: 'standup', videoCodec: 'h264' });
  await jibri.start();
  await jibri.ask('POST', 'startService', startBody({ sessionId: 'two' }), { port: jibri.ports[1] });
  await jibri.output(1);
  const add = () => jibri.api.ask('POST', '/room/standup/component', { body: { type: 'recording' } });
  t.match(await add(), { status: 201 }, 'it may have a recording of its own');
  t.match(await add(), { status: 400 }, 'one, as ever');
  const shown = (await jibri.api.ask('GET', '/room/standup')).json.data;
  t.match(shown.peers, [], 'recorders are no peers');
  const [recorder, ...others] = shown.components;
  t.strictSame(recorder, { id: recorder.id, type: 'recording', properties: { subscribeMode: 'auto' }, tracks: [] });
  t.match(others, [{ type: 'recording' }, { type: 'recording' }]);
  const over = jibri.until('IDLE');
  t.match(await jibri.api.ask('DELETE', `/room/standup/component/${recorder.id}`), { status: 204 });
  await over;
});

t.test('web pages cannot control a recorder without a token', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_API_AUTH: 'none' });
  const pages: Record<string, string>[] = [
    { origin: 'https://evil.example', 'content-type': 'text/plain' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
  ];
  for (const port of [jibri.ports[0], jibri.api.port, jibri.ports.at(-1)]) {
    const path = port === jibri.ports.at(-1) ? '//jibri/api/internal/v1.0/shutdown' : 'startService';
    for (const headers of pages) {
      t.match(await jibri.ask('POST', path, startBody(), { port, headers }), { status: 403, text: '' });
    }
  }
  t.equal(await jibri.health(), idle);
  const typed = { headers: { 'sec-fetch-site': 'none' } };
  t.equal((await jibri.ask('GET', 'health', undefined, typed)).text, idle, 'a user may look at an address');
});

t.test('a client that sends half a request does not affect others', async (t) => {
  const jibri = await RunningJibri.start(t);
  const socket = connect(jibri.ports[0] as number, '127.0.0.1');
  socket.end('POST /jibri/api/v1.0/startService HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"');
  await buffer(socket);
  t.equal(await jibri.health(), idle);
});

t.test('metrics are on the port of their recorder, where they are switched on', async (t) => {
  const jibri = await RunningJibri.start(t, { JIBRI_ENABLE_PROMETHEUS: 'true' });
  const value = async (name: string) => {
    const { text } = await jibri.ask('GET', '//metrics');
    return Number(new RegExp(`^jitsi_jibri_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  t.match(await jibri.ask('GET', '//metrics'), { status: 200, type: /text\/plain/ });
  t.match(await jibri.ask('POST', '//metrics'), { status: 405 });
  t.equal(await value('healthy'), 1);
  t.equal(await value('recording'), 0);
  await jibri.start();
  await jibri.start();
  t.equal(await value('recording'), 1);
  await jibri.stop();
  const names = ['sessions_started', 'sessions_stopped', 'busy', 'errors'] as const;
  t.strictSame(await Promise.all(names.map(value)), [1, 1, 1, 0]);
});
