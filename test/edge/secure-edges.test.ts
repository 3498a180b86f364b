// Over TLS, connections that offer HTTP/2 are passed to edges before the handshake; all others are the server's.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { token } from '../api/running-api.ts';
import { eventually } from '../eventually.ts';
import { RunningEdges } from './running-edges.ts';

const playlist = '/hls/live/g2QABXZpZGVv.m3u8';

function certificate(t: Test) {
  const folder = t.testdir({});
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', [...make, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function ask(session: ClientHttp2Session, path: string, given: OutgoingHttpHeaders = {}, body = '') {
  const request = session.request({ ':path': path, ...given });
  if (body === '') request.end();
  else request.end(body);
  const [headers] = await once(request, 'response');
  const { date, 'x-request-id': id, ...same } = headers;
  return { headers: { ...same }, body: (await buffer(request)).toString('latin1') };
}

t.test('edges speak HTTP/2', async (t) => {
  const tls = certificate(t);
  let address: string | undefined;
  const edge = await RunningEdges.start(
    t,
    {
      tls,
      peerSockets: (socket, request) => {
        address = request.socket.remoteAddress;
        socket.close();
      },
    },
    { settings: { tls } },
  );
  const { port } = edge.api;
  const viewer = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  t.teardown(() => viewer.destroy());
  const own = edge.counted.server.requests;
  const gzip = { 'accept-encoding': 'gzip' };
  const first = await ask(viewer, playlist, gzip);
  t.match(first.headers, { ':status': 200, 'content-encoding': 'gzip', 'cache-control': 'public, max-age=1' });
  t.equal((await ask(viewer, playlist, { ':method': 'HEAD' })).body, '');
  const next = ask(viewer, `${playlist}?_HLS_msn=1&_HLS_part=0`);
  await ask(viewer, playlist);
  edge.running.feed(8);
  t.match((await next).body, '_1_g2QABXZpZGVv_0_part');
  t.equal(edge.counted.server.requests, own, 'without the server');
  await eventually('its connection is counted', () => edge.edges.viewers === 1);

  const [ours, theirs] = [await edge.api.ask('GET', '/hls/live/none.m4s'), await ask(viewer, '/hls/live/none.m4s')];
  t.equal(theirs.headers[':status'], 404);
  t.equal(theirs.body, ours.text);
  for (const [name, value] of Object.entries(theirs.headers)) {
    if (!name.startsWith(':')) t.equal(value, ours.headers[name], name);
  }
  const authorization = `Bearer ${token}`;
  const json = { authorization, ':method': 'POST', 'content-type': 'application/json' };
  const body = JSON.stringify({ roomId: 'secure', padding: 'x'.repeat(500_000) });
  t.equal((await ask(viewer, '/room', json, body)).headers[':status'], 201, 'bodies go through');
  t.equal((await ask(viewer, '/room/secure', { authorization, ':method': 'DELETE' })).headers[':status'], 204);

  const socket = new WebSocket(`wss://127.0.0.1:${port}/socket/peer/websocket`, { rejectUnauthorized: false });
  await once(socket, 'close');
  t.equal(address, '127.0.0.1', 'websockets are none of their business');
  const plain = connect(port, '127.0.0.1').on('error', () => undefined);
  plain.write('GET /health HTTP/1.1\r\n\r\n');
  await once(plain, 'close');
  t.pass('nor is what is no TLS');
  const slow = connect(port, '127.0.0.1').on('error', () => undefined);
  slow.write(Buffer.from([22, 3, 1]));
  t.equal((await edge.api.ask('GET', '/room')).status, 200, 'nobody waits for a slow one');
  slow.destroy();

  process.kill(edge.edges.pids[0] ?? 0, 'SIGKILL');
  await once(viewer, 'close');
  await eventually('the server knows', () => edge.edges.serving === 0 || edge.edges.restarts > 0);
  const another = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  t.teardown(() => another.destroy());
  t.equal((await ask(another, playlist)).headers[':status'], 200, 'while there is none, the server speaks it');
});
