// docs/contracts/fishjam-rest.md 16: what the test suites of the field's SDKs compare, as far as no kind of component is needed.
import t from 'tap';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

t.test('whole objects are those that the tests of the Python SDK expect', async (t) => {
  const created = await api.ask('POST', '/room', {
    body: { maxPeers: 10, videoCodec: 'h264', webhookUrl: 'http://test.url/path' },
  });
  const { id } = created.json.data.room;
  t.same(created.json.data.room.config, {
    roomId: id,
    maxPeers: 10,
    videoCodec: 'h264',
    webhookUrl: 'http://test.url/path',
    peerlessPurgeTimeout: null,
    peerDisconnectedTimeout: null,
  });
  const peer = await api.ask('POST', `/room/${id}/peer`, {
    body: { type: 'webrtc', options: { enableSimulcast: true } },
  });
  const listed = (await api.ask('GET', `/room/${id}`)).json.data;
  t.same(listed.peers, [peer.json.data.peer]);
  t.same(peer.json.data.peer.tracks, []);
  t.equal(peer.json.data.peer.metadata, null);
});

t.test('errors are those that the tests of the Python SDK expect', async (t) => {
  t.equal((await api.ask('POST', '/room', { body: { maxPeers: '10' } })).status, 400);
  await api.createRoom({ roomId: 'duplicate' });
  const duplicate = await api.ask('POST', '/room', { body: { roomId: 'duplicate' } });
  t.same(duplicate.json, { errors: 'Cannot add room with id "duplicate" - room already exists' });
  for (const path of ['/room/none', '/room/duplicate/peer/none', '/room/duplicate/component/none', '/recording/none']) {
    t.equal((await api.ask('DELETE', path)).status, 404, path);
  }
});

t.test('every unset member is an explicit null, as the tests of the Elixir SDK expect', async (t) => {
  const body = {
    roomId: null,
    maxPeers: null,
    videoCodec: null,
    webhookUrl: null,
    peerlessPurgeTimeout: null,
    peerDisconnectedTimeout: null,
  };
  t.equal((await api.ask('POST', '/room', { body })).status, 201);
});

t.test('the peer limit is the one that the tests of the TypeScript client expect', async (t) => {
  const id = await api.createRoom({ maxPeers: 1 });
  await api.ask('POST', `/room/${id}/peer`, { body: { type: 'webrtc', options: {} } });
  const full = await api.ask('POST', `/room/${id}/peer`, { body: { type: 'webrtc', options: {} } });
  t.equal(full.status, 503);
  t.equal(full.text, `{"errors":"Reached webrtc peers limit in room ${id}"}`);
});

t.test('in Jellyfish mode the texts are those that the tests of its clients expect', async (t) => {
  const jellyfish = await RunningApi.start({ jellyfish: true, components: componentsOf(componentDoubles()) });
  t.teardown(() => jellyfish.close());
  const id = await jellyfish.createRoom({ maxPeers: 0, videoCodec: 'h264' });
  const refusal = async (path: string, body: object) => {
    const { status, json } = await jellyfish.ask('POST', path, { body });
    return `${status} ${json.errors}`;
  };
  t.equal(await refusal(`/room/${id}/peer`, { type: 'webrtc', options: {} }), `503 Reached peer limit in room ${id}`);
  for (const type of ['hls', 'recording']) {
    t.equal((await jellyfish.ask('POST', `/room/${id}/component`, { body: { type } })).status, 201);
    t.equal(
      await refusal(`/room/${id}/component`, { type }),
      `400 Reached ${type} components limit for component in room ${id}`,
    );
  }
  t.equal(
    await refusal('/room', { roomId: 'a b' }),
    '400 Cannot add room with id "a b" - roomId may contain only alphanumeric characters and hyphens',
  );
  t.equal(await refusal('/room', { roomId: id }), `400 Cannot add room with id "${id}" - room already exists`);
});
