import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { mock } from 'node:test';
import t from 'tap';
import { WebSocket } from 'ws';
import { RunningApi, token } from './running-api.ts';

t.test('HTTPS and secure websockets share a port', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', [...make, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const api = await RunningApi.start({ tls: { key: readFileSync(key), cert: readFileSync(cert) } });
  t.teardown(() => api.close());
  t.equal((await api.ask('GET', '/room')).status, 200);
  const h2c = { connection: 'Upgrade', upgrade: 'h2c' };
  t.equal((await api.ask('GET', '/room', { headers: h2c })).status, 200, 'other upgrades are passed over here, too');
  const socket = new WebSocket(`wss://127.0.0.1:${api.port}/socket/peer/websocket`, { rejectUnauthorized: false });
  await once(socket, 'open');
  await once(socket, 'close');

  t.test('clients that speak HTTP/2 are served with it', async (t) => {
    const client = connectHttp2(`https://127.0.0.1:${api.port}`, { rejectUnauthorized: false });
    t.teardown(() => client.destroy());
    const request = client.request({ ':path': '/room', authorization: `Bearer ${token}` });
    const [headers] = await once(request, 'response');
    t.equal(headers[':status'], 200);
    t.same(await json(request), { data: [] });
  });

  t.test('closing does not wait for unfinished HTTP/2 requests', async (t) => {
    const client = connectHttp2(`https://127.0.0.1:${api.port}`, { rejectUnauthorized: false });
    client.on('error', () => undefined);
    const headers = { ':method': 'POST', ':path': '/room', authorization: `Bearer ${token}`, 'content-length': 9 };
    const request = client.request({ ...headers, 'content-type': 'application/json' });
    request.on('error', () => undefined);
    request.write('{');
    await once(client, 'connect');
    const closed = once(client, 'close');
    await api.close();
    await closed;
    t.notOk(api.app.server.listening);
  });
});

t.test('further pages are served beside the API', async (t) => {
  const api = await RunningApi.start({
    plugins: [
      async (app) => {
        app.get('/demo', { schema: { hide: true } }, async () => 'a page');
      },
    ],
  });
  t.teardown(() => api.close());
  const page = await api.ask('GET', '/demo', { anonymous: true });
  t.equal(page.text, 'a page');
  t.notOk('/demo' in (await api.ask('GET', '/openapi.json')).json.paths);
});

t.test('closing the server', async (t) => {
  t.test('open sockets are told and idle connections closed', async (t) => {
    const api = await RunningApi.start({ peerSockets: () => undefined });
    const idle = connect(api.port, '127.0.0.1');
    idle.write(`GET /room HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await once(idle, 'data');
    const socket = new WebSocket(`ws://127.0.0.1:${api.port}/socket/peer/websocket`);
    await once(socket, 'open');
    const closed = Promise.all([once(socket, 'close'), once(idle, 'close')]);
    await api.close();
    const [[code]] = await closed;
    t.equal(code, 1001);
    await api.close();
    t.notOk(api.app.server.listening, 'and may be asked for twice');
  });

  t.test('clients that do not respond or never finish their request are not waited for', async (t) => {
    const api = await RunningApi.start({ peerSockets: () => undefined });
    const deaf = connect(api.port, '127.0.0.1');
    deaf.write(
      'GET /socket/peer/websocket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(deaf, 'data');
    const slow = connect(api.port, '127.0.0.1');
    slow.write('POST /room HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await api.ask('GET', '/room');
    const closed = Promise.all([once(deaf.resume(), 'close'), once(slow.resume(), 'close')]);
    for (const socket of [deaf, slow]) socket.on('error', () => undefined);
    await api.close();
    await closed;
    t.notOk(api.app.server.listening);
  });
});

t.test('each response has the id of its request', async (t) => {
  const api = await RunningApi.start();
  t.teardown(() => api.close());
  const idOf = async (id: string) =>
    (await api.ask('GET', '/room', { headers: { 'x-request-id': id } })).headers['x-request-id'];
  const own = 'proxy-0123456789abcdef';
  t.equal(await idOf(own), own, "the caller's own");
  for (const wrong of ['short', 'x'.repeat(201), 'with blanks, which no id has']) {
    t.not(await idOf(wrong), wrong, 'unless it does not look like one');
  }
});

t.test('the start waits for a page whose files are read slowly', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { promise: slow, resolve: read } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const page = async () => {
    begin();
    await slow;
  };
  const starting = RunningApi.start({ plugins: [page] });
  await begun;
  mock.timers.tick(60_000);
  mock.timers.reset();
  read();
  const api = await starting;
  t.teardown(() => api.close());
  t.equal((await api.ask('GET', '/health')).status, 200);
});
