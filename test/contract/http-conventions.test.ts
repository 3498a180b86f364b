// docs/contracts/fishjam-rest.md 1: conventions, parameters, framework errors.
import t from 'tap';
import { RunningApi, token } from '../api/running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const badRequest = { errors: { detail: 'Bad Request' } };
const notFound = { errors: { detail: 'Not Found' } };
const tooLarge = { errors: { detail: 'Request Entity Too Large' } };
const unsupported = { errors: { detail: 'Unsupported Media Type' } };
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': '',
};

t.test('every response has the headers of the reference', async (t) => {
  const ok = await api.ask('GET', '/room');
  t.equal(ok.headers['content-type'], 'application/json; charset=utf-8', 'JSON responses');
  t.match(ok.headers, cors, 'CORS on a success');
  t.match((await api.ask('GET', '/room/none')).headers, cors, 'CORS on an application error');
  t.match((await api.ask('GET', '/none')).headers, cors, 'CORS on a framework error');
  t.match((await api.ask('GET', '/room', { anonymous: true })).headers, cors, 'CORS without a token');
  t.match((await api.ask('GET', '/hls/none/index.m3u8', { anonymous: true })).headers, cors, 'CORS on HLS content');

  const responses = [
    ok,
    await api.ask('GET', '/none'),
    await api.ask('GET', '/hls/none/index.m3u8'),
    await api.ask('POST', '/room', { headers: json, body: '{' }),
    await api.ask('GET', '/room/%zz'),
    await api.ask('OPTIONS', '/room', { headers: { 'access-control-request-method': 'GET' } }),
  ];
  for (const response of responses) {
    t.match(response.headers['x-request-id'], /^.{20,200}$/, 'x-request-id on every response');
    t.equal(
      response.headers['cache-control'],
      'max-age=0, private, must-revalidate',
      'cache-control on every response',
    );
  }
  t.not(responses[0]?.headers['x-request-id'], responses[1]?.headers['x-request-id'], 'every request has its own id');
});

t.test('preflight requests get CORS headers', async (t) => {
  const preflight = { headers: { 'access-control-request-method': 'POST' }, anonymous: true };
  for (const path of ['/room', '/room/none/peer', '/none']) {
    const response = await api.ask('OPTIONS', path, preflight);
    t.equal(response.status, 204, `before routing and authentication: ${path}`);
    t.equal(response.text, '');
    t.match(response.headers, {
      ...cors,
      'access-control-max-age': '1728000',
      'access-control-allow-headers':
        'Authorization,Content-Type,Accept,Origin,User-Agent,DNT,Cache-Control,X-Mx-ReqToken,Keep-Alive,X-Requested-With,If-Modified-Since,X-CSRF-Token',
      'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE,OPTIONS',
    });
  }
  const plain = await api.ask('OPTIONS', '/room');
  t.equal(plain.status, 404, 'OPTIONS without the header');
  t.same(plain.json, notFound);
});

t.test('paths and methods are routed as in the reference', async (t) => {
  const id = await api.createRoom();
  t.equal((await api.ask('GET', '/room/')).status, 200, 'a trailing slash is ignored');
  t.equal((await api.ask('GET', `/room/${id}/`)).json.data.id, id);
  t.equal((await api.ask('POST', `/room/${id}/peer/`, { body: { type: 'webrtc' } })).status, 201);

  const head = await api.ask('HEAD', `/room/${id}`);
  t.equal(head.status, 200, 'HEAD is treated as GET');
  t.equal(head.text, '', 'without the body');
  t.equal((await api.ask('HEAD', '/room/none')).status, 404);
  t.equal((await api.ask('HEAD', '/room', { anonymous: true })).status, 401);

  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/rooms'],
    ['PUT', '/room'],
    ['PATCH', `/room/${id}`],
    ['DELETE', '/room'],
    ['POST', '/health'],
    ['GET', `/room/${id}/peer`],
    ['PROPFIND', '/room'],
    ['GET', '/hls/a/b/c'],
    ['POST', '/hls/a/b'],
  ] as const) {
    const response = await api.ask(method, path, { anonymous: true });
    t.equal(response.status, 404, `no route, no authentication: ${method} ${path}`);
    t.same(response.json, notFound);
  }
});

t.test('_method in a body overrides POST', async (t) => {
  for (const method of ['DELETE', 'delete', 'DeLeTe']) {
    const id = await api.createRoom();
    const response = await api.ask('POST', `/room/${id}`, { body: { _method: method } });
    t.equal(response.status, 204, `routed as ${method}`);
    t.equal(api.rooms.find(id), undefined);
  }
  const id = await api.createRoom();
  t.equal((await api.ask('POST', `/room/${id}`, { headers: form, body: '_method=DELETE' })).status, 204, 'from a form');
  t.equal((await api.ask('POST', '/room', { body: { _method: 'PUT' } })).status, 404, 'PUT /room has no route');
  t.equal((await api.ask('POST', '/room', { body: { _method: 'PATCH' } })).status, 404, 'nor has PATCH /room');
  t.equal((await api.ask('POST', '/room', { body: { _method: 'GET' } })).status, 201, 'other methods are not taken');
  t.equal((await api.ask('POST', '/room?_method=DELETE')).status, 201, 'it is looked for in the body only');
  const unauthorized = await api.ask('POST', `/room/${id}`, { body: { _method: 'DELETE' }, anonymous: true });
  t.equal(unauthorized.status, 401, 'the token is still needed');
});

t.test('parameters are read from JSON, forms and query', async (t) => {
  const maxPeers = async (query: string, headers: Record<string, string>, body?: string) => {
    const response = await api.ask('POST', `/room${query}`, { headers, body });
    return response.status === 201 ? response.json.data.room.config.maxPeers : response.json.errors;
  };
  const refused = 'Expected maxPeers to be a number, got: 5';
  t.equal(await maxPeers('', json, '{"maxPeers":5}'), 5, 'JSON');
  t.equal(await maxPeers('', { 'content-type': 'application/vnd.api+json' }, '{"maxPeers":5}'), 5, 'any +json type');
  t.equal(await maxPeers('', { 'content-type': 'Application/JSON; charset=utf-8' }, '{"maxPeers":5}'), 5, 'any case');
  t.equal(await maxPeers('', form, 'maxPeers=5'), refused, 'form values are strings');
  t.equal(await maxPeers('?maxPeers=5', {}), refused, 'and so are those of the query');
  t.equal(await maxPeers('?maxPeers=6', json, '{"maxPeers":5}'), 5, 'the body overrides the query');
  t.equal(await maxPeers('?maxPeers=5', json, '{}'), refused, 'where it says something');
  t.equal(await maxPeers('', { 'content-type': 'text/plain' }, '{"maxPeers":5}'), null, 'other types are ignored');
  t.equal(await maxPeers('', { 'content-type': 'nonsense' }, '{"maxPeers":5}'), null, 'nonsense, too');
  t.equal(await maxPeers('', {}, '{"maxPeers":5}'), null, 'and no type');

  const boundary = { 'content-type': 'multipart/form-data; boundary=xyz' };
  const part = '--xyz\r\ncontent-disposition: form-data; name="maxPeers"\r\n\r\n5\r\n--xyz--\r\n';
  t.equal(await maxPeers('', boundary, part), refused, 'multipart');

  t.equal((await api.ask('POST', '/room', { headers: json })).status, 201, 'an empty JSON body is {}');
  for (const body of ['[]', '"text"', '5', 'null', 'true', '[{"maxPeers":"x"}]']) {
    const response = await api.ask('POST', '/room', { headers: json, body });
    t.equal(response.status, 201, `no parameters: ${body}`);
    t.equal(response.json.data.room.config.maxPeers, null);
  }
  t.equal(
    (await api.ask('POST', '/room', { body: { unknown: 1, id: 'x' } })).status,
    201,
    'unknown members are ignored',
  );

  const [one, other] = [await api.createRoom(), await api.createRoom()];
  t.equal((await api.ask('POST', `/room/${one}/peer?type=webrtc`)).status, 201, 'a query without a body');
  await api.ask('POST', `/room/${one}/peer?room_id=${other}`, { body: { type: 'webrtc', room_id: other } });
  t.equal(api.rooms.get(one).peers.size, 2, 'the path overrides the body and the query');
  t.equal(api.rooms.get(other).peers.size, 0);
  const nested = { headers: form, body: 'type=webrtc&options[enableSimulcast]=false' };
  await api.ask('POST', `/room/${other}/peer`, nested);
  t.same(
    [...api.rooms.get(other).peers.values()].map((peer) => peer.enableSimulcast),
    [false],
    'forms may be nested',
  );
});

t.test('__proto__ in a body does no harm', async (t) => {
  for (const body of ['{"__proto__":{"maxPeers":"x"}}', '{"constructor":{"prototype":{"maxPeers":"x"}}}']) {
    const response = await api.ask('POST', '/room', { headers: json, body });
    t.equal(response.status, 201, body);
    t.equal(response.json.data.room.config.maxPeers, null);
  }
  await api.ask('POST', '/room', { headers: form, body: '__proto__[maxPeers]=x' });
  t.equal(({} as { maxPeers?: unknown }).maxPeers, undefined);
});

t.test('a body that cannot be parsed is refused with 400', async (t) => {
  for (const body of ['{', '{"a":}', 'nan', ' ', '\ufeff{}', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
    const response = await api.ask('POST', '/room', { headers: json, body, anonymous: true });
    t.equal(response.status, 400, `before authentication: ${body}`);
    t.same(response.json, badRequest);
    t.notOk('access-control-allow-origin' in response.headers, 'no CORS');
  }
  t.equal((await api.ask('POST', '/none', { headers: json, body: '{' })).status, 400, 'before routing, too');
  t.equal((await api.ask('DELETE', '/room/none', { headers: json, body: '{' })).status, 400, 'with any method');
  const accept = { ...json, accept: 'text/html' };
  t.equal((await api.ask('POST', '/room', { headers: accept, body: '{' })).status, 400, 'before the Accept header');
  t.equal((await api.ask('GET', '/room/%zz')).status, 400, 'a path that cannot be decoded');
  const parts = { 'content-type': 'multipart/form-data; boundary=xyz' };
  t.equal((await api.ask('POST', '/room', { headers: parts, body: 'nonsense' })).status, 400, 'broken multipart');
});

t.test('an Accept header that does not admit JSON is refused with 406', async (t) => {
  const statusOf = async (accept: string, path = '/room', anonymous = false) =>
    (await api.ask('GET', path, { headers: { accept }, anonymous })).status;
  const fine = [
    '*/*',
    'application/*',
    'application/json',
    'Application/json; Charset=utf-8',
    'text/html, application/json;q=0.5',
    'text/html,*/*;q=0.8',
  ];
  for (const accept of fine) t.equal(await statusOf(accept), 200, accept);
  for (const accept of ['text/html', 'text/*', 'application/xml', 'json', 'application/jsonx']) {
    t.equal(await statusOf(accept), 406, accept);
  }
  t.equal((await api.ask('GET', '/room')).status, 200, 'no Accept header');
  t.equal(await statusOf('text/html', '/room', true), 406, 'checked before the token');
  t.same((await api.ask('GET', '/room', { headers: { accept: 'text/html' } })).json, {
    errors: { detail: 'Not Acceptable' },
  });
  t.equal(await statusOf('text/html', '/none'), 404, 'but after routing');
  t.equal(await statusOf('text/html', '/hls/none/index.m3u8', true), 404, 'public routes do not look at it');
  t.equal(
    (await api.ask('GET', '/recording/none/f', { headers: { accept: 'text/html' } })).json.errors,
    'File not found',
  );
});

t.test('a body beyond 8 MB is refused with 413', async (t) => {
  const head = '{"unknown":"';
  const bodyOf = (bytes: number) => `${head}${'x'.repeat(bytes - head.length - 2)}"}`;
  const fits = await api.ask('POST', '/room', { headers: json, body: bodyOf(8_000_000) });
  t.equal(fits.status, 201, '8 000 000 bytes');
  const beyond = await api.ask('POST', '/room', { headers: json, body: bodyOf(8_000_001), anonymous: true });
  t.equal(beyond.status, 413, 'one more');
  t.same(beyond.json, tooLarge);
  t.notOk('access-control-allow-origin' in beyond.headers, 'no CORS');
  const chunked = { ...json, 'transfer-encoding': 'chunked' };
  t.equal((await api.ask('POST', '/room', { headers: chunked, body: bodyOf(9_000_000) })).status, 413, 'unannounced');
  const ignored = await api.ask('POST', '/room', {
    headers: { 'content-type': 'text/plain' },
    body: bodyOf(9_000_000),
  });
  t.equal(ignored.status, 201, 'a body that is not looked at may be of any size');
});

t.test('invalid UTF-8 in parameters is refused', async (t) => {
  const cases = [
    await api.ask('GET', '/room?x=%ff', { anonymous: true }),
    await api.ask('POST', '/room', { headers: form, body: 'roomId=%c3%28' }),
    await api.ask('POST', '/room', { headers: form, body: Buffer.from([0x61, 0x3d, 0xff]) }),
    await api.ask('GET', '/room/%ff'),
  ];
  for (const response of cases) {
    t.equal(response.status, 415);
    t.same(response.json, unsupported);
    t.notOk('access-control-allow-origin' in response.headers, 'no CORS');
  }
  t.equal((await api.ask('GET', '/room?x=%C3%A4')).status, 200, 'valid UTF-8');
});

t.test('a connection serves one request after the other', async (t) => {
  const request = `GET /health HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`;
  const responses = await api.exchange(request + request);
  t.equal(responses.split('HTTP/1.1 200 OK').length - 1, 2);
});
