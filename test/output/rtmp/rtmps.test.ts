// RTMP within TLS, before a real server.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { connectionFailure } from '../../../src/output/rtmp/connection-failure.ts';
import { RtmpOutput } from '../../../src/output/rtmp/rtmp-output.ts';
import { ffmpegOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { programSource } from '../../program/program-source.ts';
import { RtmpServer } from './rtmp-server.ts';

const source = await programSource({ seconds: 2, gop: 12 });

/** Ends TLS before a server. @returns its port, and the certificate that nobody vouches for yet */
async function tlsBefore(t: Test, port: number): Promise<{ port: number; certificate: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-rtmps-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=rtmp', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', key, '-out', cert];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names, ...files];
  t.equal(spawnSync('openssl', request).status, 0);
  const certificate = await readFile(cert, 'utf8');
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ key: await readFile(key), cert: certificate }, (from: TLSSocket) => {
    const to = connect(port, '127.0.0.1');
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    from.pipe(to).pipe(from);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, certificate };
}

const push = (url: string) => {
  const output = new RtmpOutput({
    url,
    guard: new AddressGuard(),
    retryTime: 20_000,
    logger: pino({ enabled: false }),
  });
  output.sink.format(source.format, { wallClock: 0 });
  return output;
};

t.test('a server needs a valid certificate', async (t) => {
  const server = await RtmpServer.start(t);
  const { port, certificate } = await tlsBefore(t, server.port);
  for (const host of ['127.0.0.1', 'localhost']) {
    const refused = push(`rtmps://${host}:${port}/live/the-key`);
    const [error] = await once(refused.observer, 'failed');
    t.match(error, { kind: 'refused', message: /certificate of the RTMP server is not valid \(\w+\)/ }, host);
    await refused.close();
  }
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate]);
  t.teardown(() => setDefaultCACertificates(before));
  const output = push(`rtmps://localhost:${port}/live/the-key`);
  t.teardown(() => output.close());
  let isRunning = false;
  output.observer.once('running', () => {
    isRunning = true;
  });
  // In steps, as it would come, until it arrives; then all of it.
  await eventually('the stream runs', () => {
    for (const sample of source.samples.slice(0, 4)) output.sink.sample(sample);
    return isRunning;
  });
  for (const sample of source.samples) output.sink.sample(sample);
  await output.close();
  await server.quit();
  const [file = ''] = await server.recorded();
  const frames = await ffmpegOutput(['-i', file, '-map', '0:v', '-f', 'framecrc', '-']);
  t.ok(frames.toString().split('\n').length > 30, 'its frames can be decoded');
});

t.test('a server that does not speak TLS fails', async (t) => {
  const server = await RtmpServer.start(t);
  const output = new RtmpOutput({
    ...{ url: `rtmps://127.0.0.1:${server.port}/live/k`, guard: new AddressGuard(), retryTime: 0 },
    logger: pino({ enabled: false }),
  });
  t.match(await once(output.observer, 'failed'), [{ kind: 'broken', message: /cannot be reached/ }]);
  await output.close();
});

t.test('network errors are explained', async (t) => {
  const withCode = (code: string) => Object.assign(new Error('secret'), { code });
  const cases = [
    ['ENOTFOUND', 'broken', /Name or service not known$/],
    ['ETIMEDOUT', 'broken', /Connection timed out$/],
    ['ECONNREFUSED', 'broken', /Connection refused$/],
    ['CERT_HAS_EXPIRED', 'refused', /not valid \(CERT_HAS_EXPIRED\)/],
  ] as const;
  for (const [code, kind, message] of cases) t.match(connectionFailure(withCode(code)), { kind, message }, code);
  t.match(connectionFailure(undefined), { kind: 'broken', message: /Connection refused$/ });
});
