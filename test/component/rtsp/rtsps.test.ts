import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import t, { type Test } from 'tap';
import { systemClock } from '../../../src/clock/clock.ts';
import { RtspConnection } from '../../../src/component/rtsp/rtsp-connection.ts';
import { parseSourceAddress } from '../../../src/component/rtsp/source-address.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';

/** A server with a certificate that nobody vouches for; it answers everything with 200. */
async function serve(t: Test): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-rtsps-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=camera', '-keyout', key, '-out', cert];
  t.equal(spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]).status, 0);
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const connect = (url: string, verifyTls: boolean) => {
  const options = { guard: new AddressGuard(), clock: systemClock, verifyTls };
  return RtspConnection.open(parseSourceAddress(url), options, new AbortController().signal);
};

t.test('an rtsps certificate must be valid unless the operator says otherwise', async (t) => {
  const port = await serve(t);
  for (const host of ['127.0.0.1', 'localhost']) {
    await t.rejects(connect(`rtsps://${host}:${port}/`, true), { code: 'connect_failed' }, host);
    const connection = await connect(`rtsps://${host}:${port}/`, false);
    t.equal((await connection.request('OPTIONS', '*')).status, 200);
    await connection.close();
  }
});

t.test('an rtsps server that does not speak TLS fails', async (t) => {
  const { createServer } = await import('node:net');
  const plain = createServer((socket) => socket.on('error', () => undefined).end('RTSP/1.0 200 OK\r\n\r\n'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  t.teardown(() => plain.close());
  const address = plain.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await t.rejects(connect(`rtsps://127.0.0.1:${port}/`, false), { code: 'connect_failed' });
});
