// docs/contracts/fishjam-sockets.md 1: what happens before a socket is open.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { type RawData, WebSocket } from 'ws';
import { maxPayload } from '../../src/api/socket-routes.ts';
import { RunningApi } from '../api/running-api.ts';

const accepted: [string, IncomingMessage][] = [];
const echo = (name: string) => (socket: WebSocket, request: IncomingMessage) => {
  accepted.push([name, request]);
  socket.on('message', (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary }));
};
const api = await RunningApi.start({
  serverSockets: echo('server'),
  peerSockets: echo('peer'),
  originAllowed: (request) => request.headers.origin !== 'https://evil.example',
});
t.teardown(() => api.close());

const paths = ['/socket/server/websocket', '/socket/peer/websocket'];
const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

t.test('an upgrade opens the socket of its path', async (t) => {
  for (const [path, name] of [
    [paths[0], 'server'],
    [paths[1], 'peer'],
    [`${paths[1]}/`, 'peer'],
    [`/${paths[0]}`, 'server'],
    [`/${paths[1]}`, 'peer'],
    ['///socket//peer///websocket//?x=//', 'peer'],
    [`${paths[1]}?x=%ff&vsn=2.0.0`, 'peer'],
  ]) {
    const socket = new WebSocket(`ws://127.0.0.1:${api.port}${path}`, ['chat'], { perMessageDeflate: true });
    // The client asked for a subprotocol and a compression; the server takes neither, of which this client makes an error.
    const [response] = await Promise.race([once(socket, 'upgrade'), once(socket, 'error')]);
    t.equal(response.statusCode, 101, `${path}`);
    t.notOk('sec-websocket-protocol' in response.headers, 'no subprotocol');
    t.notOk('sec-websocket-extensions' in response.headers, 'no compression');
    socket.on('error', () => undefined);
    socket.terminate();
    t.equal(accepted.at(-1)?.[0], name);
  }
});

t.test('frames reach the socket up to the limit of their size', async (t) => {
  const socket = new WebSocket(`ws://127.0.0.1:${api.port}${paths[1]}`);
  await once(socket, 'open');
  socket.send(Buffer.from([1, 2]));
  const [data, isBinary] = await once(socket, 'message');
  t.ok(isBinary);
  t.same([...data], [1, 2]);
  socket.send(Buffer.alloc(maxPayload));
  const [largest] = await once(socket, 'message');
  t.equal(largest.length, maxPayload, 'the largest message');
  socket.send(Buffer.alloc(maxPayload + 1));
  const [code] = await once(socket, 'close');
  t.equal(code, 1009, 'a message that is too large');
});

t.test('an exception in the server closes with 1011', async (t) => {
  const broken = await RunningApi.start({
    peerSockets: () => {
      throw new Error('Something broke.');
    },
  });
  t.teardown(() => broken.close());
  const socket = new WebSocket(`ws://127.0.0.1:${broken.port}${paths[1]}`);
  const [code, reason] = await once(socket, 'close');
  t.equal(code, 1011);
  t.equal(String(reason), '');
});

t.test('an invalid upgrade is refused', async (t) => {
  const without = (name: keyof typeof upgrade) =>
    Object.fromEntries(Object.entries(upgrade).filter(([key]) => key !== name));
  for (const path of paths) {
    for (const headers of [
      {},
      without('upgrade'),
      without('sec-websocket-key'),
      without('sec-websocket-version'),
      { ...upgrade, 'sec-websocket-version': '7' },
      { ...upgrade, 'sec-websocket-key': 'short' },
      { ...upgrade, upgrade: 'h2c' },
    ]) {
      const response = await api.ask('GET', path, { headers, anonymous: true });
      t.match(response, { status: 400, text: '' }, JSON.stringify(headers));
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      t.match(await api.ask(method, path, { headers: upgrade }), { status: 400, text: '' }, method);
    }
    const json = { 'content-type': 'application/json' };
    t.match(
      await api.ask('POST', path, { headers: json, body: '{' }),
      { status: 400, text: '' },
      'bodies are not read',
    );
  }
});

t.test('the origin is checked', async (t) => {
  const status = async (origin?: string) => {
    const options = origin === undefined ? {} : { origin };
    const socket = new WebSocket(`ws://127.0.0.1:${api.port}${paths[1]}`, options);
    const opened = once(socket, 'open').then(() => 101);
    const refused = once(socket, 'unexpected-response').then(([, response]) => {
      response.resume();
      return response.statusCode;
    });
    const result = await Promise.race([opened, refused]);
    socket.on('error', () => undefined);
    socket.terminate();
    opened.catch(() => undefined);
    refused.catch(() => undefined);
    return result;
  };
  t.equal(await status(), 101);
  t.equal(await status('https://good.example'), 101);
  t.equal(await status('https://evil.example'), 403);
  const before = accepted.length;
  const response = await api.ask('GET', paths[0] ?? '', { headers: { ...upgrade, origin: 'https://evil.example' } });
  t.match(response, { status: 403, text: '' });
  t.equal(accepted.length, before, 'nobody was told of it');
});

t.test('an offer to upgrade to another protocol is ignored', async (t) => {
  t.equal((await api.ask('GET', '/room', { headers: upgrade })).status, 200);
  t.equal((await api.ask('GET', '/room', { headers: upgrade, anonymous: true })).status, 401);
  const h2c = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA' };
  t.equal(
    (await api.ask('GET', '/health', { headers: h2c })).status,
    200,
    'as some clients make it with every request',
  );
});
