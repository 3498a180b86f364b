import t from 'tap';
import { NotificationSocket } from './notification-socket.ts';
import { PeerClient } from './peer-client.ts';
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

const stops = {
  SIGTERM: { signal: 'SIGTERM', all: false },
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
    t.ok(await shoal.portsAreFree());
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
  t.ok(await shoal.portsAreFree());
});

t.test('a client that does not respond to the close does not delay the stop', async (t) => {
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
  t.ok(await shoal.portsAreFree());
});

t.test('the start logs address and development token', async (t) => {
  const shoal = await (await RunningProcess.start(t)).ready();
  const lines = ['REST API', 'API docs', 'Metrics', 'Token'].map((name) => new RegExp(`^ +${name} +(\\S+)$`, 'm'));
  const [rest, docs, metrics, shown] = lines.map((line) => line.exec(shoal.output)?.[1]);
  t.equal(shown, 'development');
  const headers = { authorization: `Bearer ${shown}` };
  for (const url of [rest, docs, metrics]) t.equal((await fetch(url ?? '', { headers })).status, 200, String(url));
});

t.test('with structured logs everything is one JSON object per line', async (t) => {
  const shoal = await (await RunningProcess.start(t, { FJ_STRUCTURED_LOGGING: 'true' })).ready();
  shoal.kill('SIGTERM');
  t.same(await shoal.ended, { code: 0, signal: null });
  const lines = shoal.output.trim().split('\n');
  const messages = lines.map((line) => JSON.parse(line).message);
  t.match(messages.at(-1), 'Stopped.');
  const ready = lines.find((line) => line.includes('Shoal is ready.')) ?? '{}';
  t.equal(JSON.parse(ready).metadata.address, `http://${shoal.host}`);
});
