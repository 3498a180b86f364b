// docs/contracts/fishjam-rest.md 3.2, 3.3 and 5.
import t from 'tap';
import { Track } from '../../src/room/track.ts';
import { RunningApi } from '../api/running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

const add = (roomId: string, body?: unknown, server = api) => server.ask('POST', `/room/${roomId}/peer`, { body });
const invalidBody = { errors: 'Invalid request body structure' };

t.test('a peer is added with its token', async (t) => {
  const roomId = await api.createRoom();
  const response = await add(roomId, { type: 'webrtc', options: { enableSimulcast: true } });
  const { id } = response.json.data.peer;
  t.equal(response.status, 201);
  t.match(id, /^[0-9a-f-]{36}$/);
  t.same(response.json, {
    data: {
      peer: { id, type: 'webrtc', status: 'disconnected', tracks: [], metadata: null },
      token: `token-of-${roomId}-${id}`,
      peer_websocket_url: 'media.example:4000/shoal/socket/peer/websocket',
    },
  });
});

t.test('enableSimulcast is read from the options', async (t) => {
  const simulcastWith = async (options?: unknown) => {
    const response = await add(await api.createRoom(), { type: 'webrtc', ...(options !== undefined && { options }) });
    if (response.status !== 201) return response;
    return api.rooms.list().at(-1)?.peers.get(response.json.data.peer.id)?.enableSimulcast;
  };
  t.equal(await simulcastWith(), true, 'may be left out');
  t.equal(await simulcastWith({}), true, 'default');
  t.equal(await simulcastWith({ enableSimulcast: true }), true);
  t.equal(await simulcastWith({ enableSimulcast: false }), false);
  t.equal(await simulcastWith({ enableSimulcast: 'true' }), true, 'as a string');
  t.equal(await simulcastWith({ enableSimulcast: 'false' }), false, 'as a string');
  t.equal(await simulcastWith({ unknown: 1 }), true, 'unknown options are ignored');
  for (const wrong of ['True', '', 1, 0, null, [], {}]) {
    const response = await simulcastWith({ enableSimulcast: wrong });
    t.match(response, { status: 400, json: invalidBody }, `enableSimulcast ${JSON.stringify(wrong)}`);
  }
  for (const wrong of [null, 'text', [], 5, true]) {
    t.match(await simulcastWith(wrong), { status: 400, json: invalidBody }, `options ${JSON.stringify(wrong)}`);
  }
});

t.test('peers are refused in the order of the checks', async (t) => {
  const full = await api.createRoom({ maxPeers: 1 });
  t.equal((await add(full, { type: 'webrtc' })).status, 201);
  const off = await RunningApi.start({ webrtcUsed: false });
  t.teardown(() => off.close());
  const offFull = await off.createRoom({ maxPeers: 0 });

  const wrong = { options: { enableSimulcast: 1 } };
  t.match(await add('none', wrong), { status: 400, json: invalidBody }, 'no type');
  t.match(await add('none'), { status: 400, json: invalidBody }, 'no body');
  t.match(await add('none', { ...wrong, type: 'x' }), { status: 400, json: { errors: 'Invalid peer type' } });
  t.match(await add('none', { type: null }), { status: 400, json: { errors: 'Invalid peer type' } }, 'null');
  t.match(await add('none', { type: 'WebRTC' }), { status: 400, json: { errors: 'Invalid peer type' } }, 'case');
  t.match(await add('none', { ...wrong, type: 'webrtc' }), {
    status: 404,
    json: { errors: 'Room none does not exist' },
  });
  t.match(
    await add('none', { ...wrong, type: 'webrtc' }, off),
    { status: 404, json: { errors: 'Room none does not exist' } },
    'an unknown room before WebRTC being off',
  );
  t.match(await add(offFull, { ...wrong, type: 'webrtc' }, off), {
    status: 400,
    json: { errors: 'Peers of type webrtc are disabled on this Fishjam' },
  });
  t.match(
    await add(full, { ...wrong, type: 'webrtc' }),
    { status: 503, json: { errors: `Reached webrtc peers limit in room ${full}` } },
    'a full room before wrong options',
  );
  const none = await api.createRoom({ maxPeers: 0 });
  t.equal((await add(none, { type: 'webrtc' })).status, 503, 'maxPeers 0: every peer is refused');
  t.equal(api.rooms.get(none).peers.size, 0);
});

t.test('deleting a peer closes its socket', async (t) => {
  const roomId = await api.createRoom();
  const { id } = (await add(roomId, { type: 'webrtc' })).json.data.peer;
  const closed: unknown[] = [];
  api.rooms.get(roomId).connectPeer(id, { close: (...args) => closed.push(args) });
  t.match(await api.ask('DELETE', `/room/none/peer/${id}`), {
    status: 404,
    json: { errors: 'Room none does not exist' },
  });
  t.match(await api.ask('DELETE', `/room/${roomId}/peer/none`), {
    status: 404,
    json: { errors: 'Peer none does not exist' },
  });
  t.match(await api.ask('DELETE', `/room/${roomId}/peer/${id}`), { status: 204, text: '' });
  t.same(closed, [['peerRemoved']]);
  t.equal((await api.ask('DELETE', `/room/${roomId}/peer/${id}`)).status, 404);
});

t.test('a peer with tracks is returned with metadata', async (t) => {
  const roomId = await api.createRoom();
  const { id } = (await add(roomId, { type: 'webrtc' })).json.data.peer;
  const room = api.rooms.get(roomId);
  const peer = room.connectPeer(id, { close: () => undefined });
  room.joinPeer(peer, { name: 'Bob', nested: [1, null] });
  room.addTracks(peer, [
    new Track({ id: `${id}:1`, type: 'video', metadata: { type: 'camera' } }),
    new Track({ id: `${id}:2`, type: 'audio' }),
  ]);
  t.same((await api.ask('GET', `/room/${roomId}`)).json.data.peers, [
    {
      id,
      type: 'webrtc',
      status: 'connected',
      tracks: [
        { id: `${id}:1`, type: 'video', metadata: { type: 'camera' } },
        { id: `${id}:2`, type: 'audio', metadata: null },
      ],
      metadata: { name: 'Bob', nested: [1, null] },
    },
  ]);
});
