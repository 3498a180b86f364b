import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { Meeting, movesOn, perceives } from './end-to-end/meeting.ts';
import { MediaWorkers } from './media-workers.ts';
import { PeerClient } from './peer-client.ts';
import { PortBlock } from './port-block.ts';
import { RunningServer } from './running-server.ts';

t.test('a killed media worker crashes only its own rooms, and coturn is restarted', async (t) => {
  const workers = new MediaWorkers();
  const meeting = await Meeting.start(t, { SHOAL_WORKERS: '2' });
  const { server, backend } = meeting;
  const doomed = await server.createRoom();
  const victim = (await workers.pidWithRouter()) ?? 0;
  const safe = await server.createRoom();
  const [one, other] = [await meeting.enter(safe, 'fishjam'), await meeting.enter(safe, 'cloud')];
  await perceives(one, [other]);
  const { token } = await server.addPeer(doomed);
  const peer = await PeerClient.join(t, server.host, token);
  const before = workers.pids;

  process.kill(victim, 'SIGKILL');
  t.strictSame(await peer.closed, { code: 1011, reason: 'Internal server error' });
  const told = await backend.saw(doomed, 'RoomCrashed');
  const expected = ['RoomCreated', 'PeerAdded', 'PeerConnected', 'PeerMetadataUpdated', 'RoomCrashed'];
  t.strictSame(
    told.map(({ name }) => name),
    expected,
  );
  t.equal((await server.ask('GET', `/room/${doomed}`)).status, 404);
  await movesOn(one, other.video);
  await movesOn(other, one.video);
  t.notOk(backend.of(safe).some(({ name }) => /Crashed|Disconnected/.test(name)));

  const again = await server.createRoom();
  t.equal((await server.ask('GET', '/health')).status, 200);
  const [fresh] = workers.pids.filter((pid) => !before.includes(pid));
  t.ok(fresh, 'a fresh worker in its place');
  const next = await server.addPeer(again);
  t.ok(await PeerClient.join(t, server.host, next.token), 'rooms can be made again');

  const { metadata } = await server.logged('Process started');
  process.kill(Number(metadata['pid']), 'SIGKILL');
  await server.logged('TURN server was restarted and responds again');
  const late = await meeting.enter(safe, 'jellyfish');
  await perceives(late, [one, other]);
  t.strictSame(await late.client.connection().then(({ type }) => type), 'relay');
  t.equal((await server.ask('GET', '/health')).status, 200);
});

t.test('close ends every socket with its code and can be called again', async (t) => {
  const server = await RunningServer.start(t);
  const backend = await server.subscribe();
  const roomId = await server.createRoom();
  const peer = await PeerClient.join(t, server.host, (await server.addPeer(roomId)).token);
  const stranger = await PeerClient.open(t, server.host);
  await Promise.all([server.server.close(), server.server.close()]);
  t.strictSame(await peer.closed, { code: 1000, reason: 'Room stopped' });
  t.match(await stranger.closed, { code: 1001 });
  t.match(await backend.closed, { code: 1001 });
  const names = backend.of(roomId).map(({ name }) => name);
  t.strictSame(names.slice(-2), ['PeerDeleted', 'RoomDeleted'], 'backends are told first');
  await t.rejects(fetch(`http://${server.host}/health`));
});

t.test('a server with variables of Jellyfish only has the texts of Jellyfish', async (t) => {
  const { min, max } = await PortBlock.claim(t);
  const variables = {
    WEBRTC_TURN_PORT_RANGE: `${min + 1}-${max}`,
    WEBRTC_TURN_TCP_PORT: String(min),
    RESOURCES_BASE_PATH: t.testdir(),
    SECRET_KEY_BASE: 'k'.repeat(32),
    LOG_LEVEL: 'debug',
    STRUCTURED_LOGGING: 'true',
  };
  const renamed = Object.entries(variables).flatMap(([name, value]) => [
    [`FJ_${name}`, undefined],
    [`JF_${name}`, value],
  ]);
  const server = await RunningServer.start(t, Object.fromEntries(renamed));
  const roomId = await server.createRoom({ maxPeers: 0 });
  const { status, json } = await server.ask('POST', `/room/${roomId}/peer`, { type: 'webrtc', options: {} });
  t.strictSame({ status, json }, { status: 503, json: { errors: `Reached peer limit in room ${roomId}` } });
});

t.test('a failed start leaves nothing', async (t) => {
  const workers = new MediaWorkers();
  const occupied = createServer();
  await once(occupied.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => occupied.close());
  const { port } = occupied.address() as { port: number };
  await t.rejects(RunningServer.start(t, { FJ_WEBRTC_TURN_TCP_PORT: String(port) }), /FJ_WEBRTC_TURN_TCP_PORT/);
  t.strictSame(workers.pids, []);
});
