// docs/contracts/fishjam-rest.md 16: what the test suites of the field's SDKs compare, as far as no media are needed.
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { Components } from '../../src/component/components.ts';
import { openSip } from '../../src/component/sip/open-sip.ts';
import { readConfig } from '../../src/config/config.ts';
import { RoomEvents } from '../../src/room/room-events.ts';
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

t.test(
  'a SIP component is what the tests of the Python SDK expect, although its registrar does not resolve',
  async (t) => {
    const config = await readConfig({ FJ_COMPONENTS_USED: 'sip', FJ_SIP_IP: '127.0.0.1' });
    const parts = { events: new RoomEvents(), clock: systemClock, logger: pino({ enabled: false }) };
    const sip = await openSip({ config: { ...config, telephony: { ...config.telephony, port: 0 } }, ...parts });
    if (!sip) throw new Error('SIP is not allowed.');
    t.teardown(() => sip.close());
    const server = await RunningApi.start({ components: new Components([sip.kind], config.componentsUsed) });
    t.teardown(() => server.close());
    const id = await server.createRoom();
    const credentials = { address: 'my-sip-registrar.invalid', username: 'user-name', password: 'pass-word' };
    const body = { type: 'sip', options: { registrarCredentials: credentials } };
    const { status, json } = await server.ask('POST', `/room/${id}/component`, { body });
    const component = json.data;
    const expected = { id: component.id, type: 'sip', properties: { registrarCredentials: credentials }, tracks: [] };
    t.equal(status, 201);
    t.same(component, expected);
    const call = `/sip/${id}/${component.id}/call`;
    t.equal((await server.ask('POST', call, { body: { phoneNumber: '1234' } })).status, 201);
    t.equal((await server.ask('DELETE', call)).status, 204);
    t.same((await server.ask('GET', `/room/${id}`)).json.data.components, [expected]);
    t.equal((await server.ask('DELETE', `/room/${id}/component/${component.id}`)).status, 204);
  },
);

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
