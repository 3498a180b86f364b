import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { PeerClient } from './contract/peer-client.ts';
import { NotificationSocket } from './media/notification-socket.ts';
import { PortBlock } from './media/port-block.ts';
import { allGone, RunningProcess } from './running-process.ts';
import { offerText } from './signalling/sdp/offers.ts';

const token = 'development';

async function post(host: string, path: string, body: unknown) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`http://${host}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said
  return ((await response.json()) as any).data;
}

/** A room with a peer that sends, and a backend. */
async function call(t: Parameters<typeof PeerClient.open>[0], host: string) {
  const backend = await NotificationSocket.open(t, host, token);
  const { room } = await post(host, '/room', {});
  const peer = await post(host, `/room/${room.id}/peer`, { type: 'webrtc', options: {} });
  const client = await PeerClient.join(t, host, peer.token);
  const sound = offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] }]);
  await client.negotiate(sound, { 0: 'sound' });
  return { backend, client, roomId: room.id as string };
}

/** Nobody listens on any of the ports. @throws when somebody does */
async function portsAreFree({ ports }: RunningProcess): Promise<boolean> {
  for (const port of [ports.min, ports.max - 1, ports.max]) {
    const server = createServer();
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await new Promise((closed) => server.close(closed));
  }
  const socket = createSocket('udp4');
  socket.bind(ports.min, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
  return true;
}

const stops = {
  SIGTERM: { signal: 'SIGTERM', all: false },
  SIGINT: { signal: 'SIGINT', all: false },
  'SIGTERM to all of its processes, as systemd sends it,': { signal: 'SIGTERM', all: true },
  'SIGINT to all of its processes, as Ctrl-C sends it,': { signal: 'SIGINT', all: true },
} as const;

for (const [what, { signal, all }] of Object.entries(stops)) {
  t.test(`${what} closes everything in order`, async (t) => {
    const shoal = await (await RunningProcess.start(t)).ready();
    const { backend, client, roomId } = await call(t, shoal.host);
    const children = await shoal.children();
    t.strictSame([...children.values()].sort(), ['mediasoup-worke', 'mediasoup-worke', 'turnserver']);
    const start = performance.now();
    shoal.kill(signal);
    if (all) for (const pid of children.keys()) process.kill(pid, signal);
    t.strictSame(await client.closed, { code: 1000, reason: 'Room stopped' });
    t.match(await backend.closed, { code: 1001 });
    t.strictSame(
      backend
        .of(roomId)
        .map(({ name }) => name)
        .slice(-3),
      ['TrackRemoved', 'PeerDeleted', 'RoomDeleted'],
    );
    t.strictSame(await shoal.ended, { code: 0, signal: null });
    t.comment(`stopped after ${Math.round(performance.now() - start)} ms`);
    t.match(shoal.output, /Stopped\./);
    t.notMatch(shoal.output, '[error]');
    await allGone(children.keys());
    t.ok(await portsAreFree(shoal));
  });
}

t.test('a signal during the start ends it', async (t) => {
  const shoal = await RunningProcess.start(t);
  const children = await shoal.firstChildren();
  shoal.kill('SIGTERM');
  t.strictSame(await shoal.ended, { code: 0, signal: null });
  t.match(shoal.output, 'Stopped.');
  t.notMatch(shoal.output, 'Shoal is ready.');
  await allGone(children.keys());
  t.ok(await portsAreFree(shoal));
});

t.test('a client that does not answer the close does not hold the stop up', async (t) => {
  const shoal = await (await RunningProcess.start(t)).ready();
  const { client } = await call(t, shoal.host);
  client.socket.pause();
  shoal.kill('SIGTERM');
  t.strictSame(await shoal.ended, { code: 0, signal: null });
});

t.test('SIGKILL leaves no child behind', async (t) => {
  const shoal = await (await RunningProcess.start(t)).ready();
  await call(t, shoal.host);
  const children = await shoal.children();
  t.equal(children.size, 3);
  shoal.kill('SIGKILL');
  t.strictSame(await shoal.ended, { code: null, signal: 'SIGKILL' });
  await allGone(children.keys());
  t.ok(await portsAreFree(shoal));
});

t.test('it says where it is, and the token of development', async (t) => {
  const shoal = await (await RunningProcess.start(t)).ready();
  const lines = ['REST API', 'API docs', 'Metrics', 'Token'].map((name) => new RegExp(`^ +${name} +(\\S+)$`, 'm'));
  const [rest, docs, metrics, shown] = lines.map((line) => line.exec(shoal.output)?.[1]);
  t.equal(shown, 'development');
  const headers = { authorization: `Bearer ${shown}` };
  for (const url of [rest, docs, metrics]) t.equal((await fetch(url ?? '', { headers })).status, 200, String(url));
});

t.test('where the log is for programs, everything that it says is one JSON object per line', async (t) => {
  const shoal = await (await RunningProcess.start(t, { FJ_STRUCTURED_LOGGING: 'true' })).ready();
  shoal.kill('SIGTERM');
  t.same(await shoal.ended, { code: 0, signal: null });
  const lines = shoal.output.trim().split('\n');
  const messages = lines.map((line) => JSON.parse(line).message);
  t.match(messages.at(-1), 'Stopped.');
  const ready = lines.find((line) => line.includes('Shoal is ready.')) ?? '{}';
  t.equal(JSON.parse(ready).metadata.address, `http://${shoal.host}`);
});

const secretKeyBase = 'k'.repeat(64);
const productions = {
  'no token': [{ FJ_SECRET_KEY_BASE: secretKeyBase }, /FJ_SERVER_API_TOKEN/],
  'a short token': [{ FJ_SECRET_KEY_BASE: secretKeyBase, FJ_SERVER_API_TOKEN: 'short' }, /FJ_SERVER_API_TOKEN.*16/],
  'a short secret': [{ FJ_SECRET_KEY_BASE: 'short', FJ_SERVER_API_TOKEN: 't'.repeat(32) }, /FJ_SECRET_KEY_BASE.*32/],
  'an address that is none': [
    { FJ_SERVER_API_TOKEN: 't'.repeat(32), FJ_SECRET_KEY_BASE: secretKeyBase, FJ_IP: 'nowhere' },
    /Bad FJ_IP environment variable value\. Expected valid ip address, got: nowhere"/,
  ],
} as const;

for (const [what, [variables, message]] of Object.entries(productions)) {
  t.test(`production with ${what} does not start`, async (t) => {
    const shoal = await RunningProcess.start(t, { NODE_ENV: 'production', FJ_HOST: 'media.example', ...variables });
    const { code } = await shoal.ended;
    t.equal(code, 1);
    t.match(shoal.output, message);
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
    t.notMatch(shoal.output, /got: short|'short'/, 'and no secret');
  });
}

t.test('a port in use', async (t) => {
  const occupied = createServer();
  await once(occupied.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => occupied.close());
  const port = String((occupied.address() as { port: number }).port);
  for (const variable of ['FJ_PORT', 'FJ_METRICS_PORT', 'FJ_WEBRTC_TURN_TCP_PORT', 'JIBRI_HTTP_API_EXTERNAL_PORT']) {
    const shoal = await RunningProcess.start(t, { [variable]: port });
    t.equal((await shoal.ended).code, 1);
    t.match(
      shoal.output,
      new RegExp(`^Shoal cannot start: .*${port}.*${variable}|${variable}.*${port}`, 'm'),
      variable,
    );
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
    t.ok(await portsAreFree(shoal));
  }
});

const unusable = {
  'a certificate': { FJ_SSL_KEY_PATH: import.meta.filename, FJ_SSL_CERT_PATH: import.meta.filename },
  'a missing certificate': { FJ_SSL_KEY_PATH: '/nowhere', FJ_SSL_CERT_PATH: '/nowhere' },
  'a key of webhooks': { JIBRI_JWT_KEY_PATH: import.meta.filename },
};

for (const [what, variables] of Object.entries(unusable)) {
  t.test(`${what} that cannot be used`, async (t) => {
    const shoal = await RunningProcess.start(t, variables);
    t.equal((await shoal.ended).code, 1);
    t.match(shoal.output, /^Shoal cannot start: Cannot use the .*\n$/m);
    t.notMatch(shoal.output, /\n\s+at /, 'no stack');
  });
}

t.test('a media port in use', async (t) => {
  const occupied = await PortBlock.claim(t);
  const socket = createServer();
  await once(socket.listen(occupied.min, '127.0.0.1'), 'listening');
  t.teardown(() => socket.close());
  const range = { FJ_WEBRTC_TURN_PORT_RANGE: occupied.range, SHOAL_TURN: 'off', SHOAL_WEBRTC_SERVER: 'true' };
  const shoal = await RunningProcess.start(t, range);
  t.equal((await shoal.ended).code, 1);
  t.match(shoal.output, `Shoal cannot start: Media cannot listen on UDP and TCP 127.0.0.1 port ${occupied.min}: `);
  t.notMatch(shoal.output, /\n\s+at /, 'no stack');
});
