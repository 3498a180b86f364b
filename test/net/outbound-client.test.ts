import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { AddressGuard, type Resolve } from '../../src/net/address-guard.ts';
import { OutboundClient, type OutboundClientOptions } from '../../src/net/outbound-client.ts';
import type { OutboundError } from '../../src/net/outbound-error.ts';
import { Receiver } from './receiver.ts';

function createClient(t: Test, options: Partial<OutboundClientOptions> = {}): OutboundClient {
  const client = new OutboundClient({ guard: new AddressGuard(), ...options });
  t.teardown(() => client.close());
  return client;
}

function createResolvingClient(t: Test, resolve: Resolve, options: Partial<OutboundClientOptions> = {}) {
  return createClient(t, { guard: new AddressGuard({ resolve }), ...options });
}

/** A TCP server that does with each connection what the test says. */
async function listen(t: Test, onConnection: (socket: import('node:net').Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    t.teardown(() => socket.destroy());
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

t.test('a request sends method, path, headers and body, and returns the response', async (t) => {
  const receiver = await Receiver.start(t);
  receiver.script.push((response) => response.writeHead(418, { 'x-answer': 'yes' }).end('short and stout'));
  const response = await createClient(t).request({
    method: 'POST',
    url: `${receiver.url}?a=b#c`,
    headers: { 'Content-Type': 'application/x-protobuf' },
    body: Buffer.from([1, 2, 3]),
  });
  t.equal(response.status, 418);
  t.equal(response.headers['x-answer'], 'yes');
  t.equal(String(response.body.bytes), 'short and stout');
  const [request] = await receiver.received(1);
  t.equal(request?.headers.host, `127.0.0.1:${receiver.port}`);
  t.match(request, { method: 'POST', path: '/hook?a=b', body: Buffer.from([1, 2, 3]) });
  t.equal(request?.headers['content-type'], 'application/x-protobuf');
  t.equal(request?.headers['content-length'], '3');
  t.notOk(request?.headers.authorization);
});

t.test('the user part of the URL is sent as Basic credentials', async (t) => {
  const receiver = await Receiver.start(t);
  await createClient(t).request({ method: 'GET', url: receiver.url.replace('//', '//me:secret@') });
  t.equal((await receiver.received(1))[0]?.headers.authorization, `Basic ${btoa('me:secret')}`);
});

t.test('other schemes and invalid URLs are refused', async (t) => {
  const get = (url: string) => createClient(t).request({ method: 'GET', url });
  for (const url of ['ftp://hooks.test/', 'file:///etc/passwd', 'gopher://hooks.test/', 'unix:/run/x'])
    await t.rejects(get(url), { code: 'refusedScheme' }, url);
  for (const url of ['', 'hooks.test', 'http://', 'http://[::1/'])
    await t.rejects(get(url), { code: 'invalidUrl' }, url);
});

t.test('redirects are not followed', async (t) => {
  const target = await Receiver.start(t);
  const receiver = await Receiver.start(t);
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.script.push((response) => response.writeHead(status, { location: target.url }).end());
    t.equal((await createClient(t).request({ method: 'POST', url: receiver.url, body: 'x' })).status, status);
  }
  t.equal(target.requests.length, 0);
});

t.test('a literal address that is not permitted is refused in every notation, before any connection', async (t) => {
  const client = createClient(t);
  const hosts = [
    '169.254.169.254',
    '2852039166',
    '0xA9FEA9FE',
    '0xa9.0xfe.0xa9.0xfe',
    '0251.0376.0251.0376',
    '0251.254.0xa9.254',
    '169.254.43518',
    '169.16689662',
    '169.254.169.254.',
    '%31%36%39.254.169.254',
    '①⑥⑨.254.169.254',
    '169。254。169。254',
    '0',
    '0.0.0.0',
    '0x0',
    '[::]',
    '[::ffff:169.254.169.254]',
    '[::FFFF:A9FE:A9FE]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[::169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[2002:a9fe:a9fe::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '100.100.100.200',
    '224.0.0.1',
  ];
  for (const host of hosts) {
    const request = client.request({ method: 'GET', url: `http://${host}/latest/meta-data/` });
    await t.rejects(request, { code: 'refusedAddress' }, host);
  }
  await t.rejects(client.request({ method: 'GET', url: 'https://169.254.169.254/' }), { code: 'refusedAddress' });
});

t.test('a name is refused when it resolves to a refused address at the time of the connection', async (t) => {
  const receiver = await Receiver.start(t);
  let address = '127.0.0.1';
  const client = createResolvingClient(t, (_name, _options, callback) =>
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]),
  );
  const url = `http://rebinding.test:${receiver.port}/hook`;
  receiver.script.push((response) => response.writeHead(200, { connection: 'close' }).end());
  t.equal((await client.request({ method: 'GET', url })).status, 200);
  for (address of ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', '0.0.0.0'])
    await t.rejects(client.request({ method: 'GET', url }), { code: 'refusedAddress' }, address);
  t.equal(receiver.requests.length, 1);
});

t.test('localhost is reached by its name unless it is denied', async (t) => {
  const receiver = await Receiver.start(t);
  const url = `http://localhost:${receiver.port}/hook`;
  t.equal((await createClient(t).request({ method: 'GET', url })).status, 200);
  const guard = new AddressGuard({ deny: ['127.0.0.0/8', '::1/128'] });
  await t.rejects(createClient(t, { guard }).request({ method: 'GET', url }), { code: 'refusedAddress' });
});

t.test('a request whose response does not come fails with responseTimeout', async (t) => {
  const server = await listen(t, () => {});
  const client = createClient(t, { responseTimeout: 50 });
  await t.rejects(client.request({ method: 'GET', url: urlOf(server) }), { code: 'responseTimeout' });
});

t.test('a request whose connection is not established fails with connectTimeout', async (t) => {
  // The client's timer does not keep a process alive that waits for nothing else.
  const alive = setInterval(() => {}, 60_000);
  t.teardown(() => clearInterval(alive));
  const client = createResolvingClient(t, () => {}, { connectTimeout: 50 });
  await t.rejects(client.request({ method: 'GET', url: 'http://hanging.test/' }), { code: 'connectTimeout' });
});

t.test('an endless body is cut at the limits of size and time', async (t) => {
  const server = await listen(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
    socket.write('x'.repeat(5000));
    socket.resume();
  });
  const long = await createClient(t, { maxBodyBytes: 1000 }).request({ method: 'GET', url: urlOf(server) });
  t.match({ status: long.status, size: long.body.bytes.length, truncated: true }, { status: 200, size: 1000 });
  const slow = await createClient(t, { responseTimeout: 2000 }).request({ method: 'GET', url: urlOf(server) });
  t.equal(slow.body.bytes.length, 5000);
  t.ok(slow.body.truncated);
});

t.test(
  'a missing receiver or name, a broken connection and a response that is not HTTP fail with unreachable',
  async (t) => {
    const receiver = await Receiver.start(t);
    const { url } = receiver;
    receiver.close();
    const client = createClient(t);
    await t.rejects(client.request({ method: 'GET', url }), { code: 'unreachable', reason: 'ECONNREFUSED' });

    const nowhere = createResolvingClient(t, (_name, _options, callback) =>
      callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []),
    );
    await t.rejects(nowhere.request({ method: 'GET', url: 'http://nowhere.test/' }), {
      code: 'unreachable',
      reason: 'ENOTFOUND',
    });

    const breaking = await listen(t, (socket) => socket.once('data', () => socket.destroy()));
    await t.rejects(client.request({ method: 'GET', url: urlOf(breaking) }), { code: 'unreachable' });
    const odd = await listen(t, (socket) => socket.once('data', () => socket.end('SSH-2.0-odd\r\n')));
    await t.rejects(client.request({ method: 'GET', url: urlOf(odd) }), { code: 'unreachable' });
  },
);

t.test('errors name the host and no part of the URL that may be secret', async (t) => {
  const resolve: Resolve = (_name, _options, callback) => callback(null, [{ address: '169.254.169.254', family: 4 }]);
  const client = createResolvingClient(t, resolve, { responseTimeout: 50 });
  const server = await listen(t, () => {});
  const secret = (url: string) =>
    url.replace('//', '//user-secret:password-secret@').replace(/\/$/, '/path-secret?q=secret');
  for (const url of ['http://receiver.test/', 'ftp://receiver.test/', 'http://[bad/', urlOf(server)]) {
    const error = (await client.request({ method: 'GET', url: secret(url) }).catch((error) => error)) as OutboundError;
    t.equal(error.name, 'OutboundError');
    t.notMatch(`${error.stack} ${JSON.stringify(error)}`.replaceAll(/^ +at .*$/gm, ''), 'secret', url);
  }
});

t.test('a signal aborts its request; closing aborts all, also when called again', async (t) => {
  const server = await listen(t, () => {});
  const client = createClient(t);
  const connected = once(server, 'connection');
  const given = new AbortController();
  const one = client.request({ method: 'GET', url: urlOf(server), signal: given.signal });
  await connected;
  given.abort();
  await t.rejects(one, { code: 'aborted' });
  const again = once(server, 'connection');
  const other = client.request({ method: 'GET', url: urlOf(server) });
  await again;
  await Promise.all([t.rejects(other, { code: 'aborted' }), client.close(), client.close()]);
  await t.rejects(client.request({ method: 'GET', url: urlOf(server) }), { code: 'aborted' });
});

t.test('connections are kept, up to the limit per origin', async (t) => {
  const receiver = await Receiver.start(t);
  const ports = new Set<number | undefined>();
  const client = createClient(t, { connectionsPerOrigin: 2 });
  for (let i = 0; i < 8; i++) {
    receiver.script.push((response) => {
      ports.add(response.socket?.remotePort);
      response.end();
    });
  }
  await Promise.all(Array.from({ length: 8 }, () => client.request({ method: 'GET', url: receiver.url })));
  t.equal(ports.size, 2);
});
