import jwt from 'jsonwebtoken';
import t, { type Test } from 'tap';
import { Secret } from '../../src/config/secret.ts';
import { PeerTokens } from '../../src/signalling/peer-token.ts';
import { PeerClient } from '../peer-client.ts';
import { RunningServer, secretKeyBase } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });
const backend = await server.subscribe();
const { host } = server;
const roomId = await server.createRoom();

const day = 24 * 60 * 60 * 1000;
const tokensAt = (now: number) => new PeerTokens(new Secret(secretKeyBase), () => now);

async function closeOf(t: Test, token: string) {
  const client = await PeerClient.open(t, host);
  client.send({ case: 'authRequest', value: { token } });
  return await client.closed;
}

t.test('invalid tokens are refused', async (t) => {
  const { id } = await server.addPeer(roomId);
  const claims = { room_id: roomId, peer_id: id };
  const invalid = { code: 1000, reason: 'invalid token' };
  const forged = jwt.sign(claims, 'another key of thirty-two letters');
  const unsigned = jwt.sign(claims, '', { algorithm: 'none' });
  const otherAlgorithm = jwt.sign(claims, secretKeyBase, { algorithm: 'HS512' });
  const good = tokensAt(Date.now()).issue(roomId, id);
  const cut = good.slice(0, -4);
  for (const token of ['', 'garbage', '.', '..', forged, unsigned, otherAlgorithm, cut, jwt.sign({}, secretKeyBase)]) {
    t.strictSame(await closeOf(t, token), invalid, `token ${token}`);
  }
  const now = Date.now();
  const expired = { code: 1000, reason: 'expired token' };
  t.strictSame(await closeOf(t, tokensAt(now - day - 2000).issue(roomId, id)), expired);
  const client = await PeerClient.open(t, host);
  await client.authenticate(tokensAt(now - day + 60_000).issue(roomId, id));
  t.equal(client.contents[0]?.case, 'authenticated', 'a token of almost 24 h');
});

t.test('tokens of deleted rooms and peers are refused', async (t) => {
  const gone = await server.createRoom();
  const { token } = await server.addPeer(gone);
  await server.delete(`/room/${gone}`);
  t.strictSame(await closeOf(t, token), { code: 1000, reason: 'room not found' });
  const peer = await server.addPeer(roomId);
  await server.delete(`/room/${roomId}/peer/${peer.id}`);
  t.strictSame(await closeOf(t, peer.token), { code: 1000, reason: 'peer not found' });
  const mixed = tokensAt(Date.now()).issue(await server.createRoom(), peer.id);
  t.strictSame(await closeOf(t, mixed), { code: 1000, reason: 'peer not found' }, 'a peer of another room');
});

t.test('a peer has one socket; its token can be used again afterwards', async (t) => {
  const { id, token } = await server.addPeer(roomId);
  const first = await PeerClient.open(t, host);
  await first.authenticate(token);
  t.strictSame(await closeOf(t, token), { code: 1000, reason: 'peer already connected' });
  first.event('connect', { metadata: 'me' });
  t.equal((await first.saw('connected')).data.id, id, 'the first one stays');
  first.socket.close();
  await backend.until((all) => all.some(({ name, peerId }) => name === 'PeerDisconnected' && peerId === id));
  const again = await PeerClient.join(t, host, token);
  t.ok(again.events.some(({ type }) => type === 'connected'));
});

t.test('messages before the authentication close the socket', async (t) => {
  const unauthenticated = { code: 1000, reason: 'unauthenticated' };
  const wrong = await PeerClient.open(t, host);
  wrong.event('connect', { metadata: null });
  t.strictSame(await wrong.closed, unauthenticated);
  const empty = await PeerClient.open(t, host);
  empty.socket.send(Buffer.alloc(0));
  t.strictSame(await empty.closed, unauthenticated, 'a message without content');
  const text = await PeerClient.open(t, host);
  text.socket.send('hello');
  t.strictSame(await text.closed, unauthenticated, 'a text frame');
  const garbage = await PeerClient.open(t, host);
  garbage.socket.send(Buffer.from([0xff, 0xff, 0xff]));
  t.strictSame(await garbage.closed, { code: 1011, reason: '' });
});

t.test('after the authentication some messages are ignored', async (t) => {
  const { token } = await server.addPeer(roomId);
  const client = await PeerClient.join(t, host, token);
  client.send({ case: 'authRequest', value: { token: 'nonsense' } });
  client.send({ case: 'authenticated', value: {} });
  client.socket.send(Buffer.alloc(0));
  client.socket.send('text');
  client.event('connect', { metadata: 'second' });
  client.event('disconnect');
  client.event('nonsense', {});
  client.custom('nonsense', {});
  client.custom('candidate', { candidate: '', sdpMLineIndex: 0 });
  client.custom('prioritizeTrack', { trackId: 'x' });
  client.custom('unprioritizeTrack', { trackId: 'x' });
  client.custom('preferedVideoSizes', { bigScreens: 1, mediumScreens: 0, smallScreens: 0, allSameSize: true });
  await client.settle();
  client.custom('renegotiateTracks');
  await client.saw('offerData');
  t.equal(client.events.filter(({ type }) => type === 'connected').length, 1);
});

t.test('malformed frames after the authentication close the socket', async (t) => {
  const { id, token } = await server.addPeer(roomId);
  const client = await PeerClient.join(t, host, token);
  client.socket.send(Buffer.from([0xff, 0xff, 0xff]));
  t.strictSame(await client.closed, { code: 1011, reason: '' });
  await backend.until((all) => all.some(({ name, peerId }) => name === 'PeerDisconnected' && peerId === id));
});

t.test('malformed JSON crashes the peer', async (t) => {
  const { id, token } = await server.addPeer(roomId);
  const client = await PeerClient.join(t, host, token);
  await client.negotiate(offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] }]), { 0: `${id}:a` });
  client.eventText('{');
  t.strictSame(await client.closed, { code: 1011, reason: 'Internal server error' });
  await backend.until((all) => all.some(({ name, peerId }) => name === 'PeerCrashed' && peerId === id));
  const names = backend.notifications.filter(({ peerId }) => peerId === id).map(({ name }) => name);
  t.strictSame(names.slice(-3), ['TrackAdded', 'TrackRemoved', 'PeerCrashed']);
  t.strictSame(await closeOf(t, token), { code: 1000, reason: 'peer not found' });
});

t.test('peers and rooms deleted by the API close their sockets', async (t) => {
  const other = await server.createRoom();
  const [one, two] = [await server.addPeer(other), await server.addPeer(other)];
  const removed = await PeerClient.join(t, host, one.token);
  const stopped = await PeerClient.join(t, host, two.token);
  await server.delete(`/room/${other}/peer/${one.id}`);
  t.strictSame(await removed.closed, { code: 1000, reason: 'Peer removed' });
  await stopped.saw('endpointRemoved');
  await server.delete(`/room/${other}`);
  t.strictSame(await stopped.closed, { code: 1000, reason: 'Room stopped' });
});

t.test('a purged room closes its sockets', async (t) => {
  const purged = await server.createRoom({ peerlessPurgeTimeout: 1 });
  const names = await backend.saw(purged, 'RoomDeleted');
  t.strictSame(
    names.map(({ name }) => name),
    ['RoomCreated', 'RoomDeleted'],
  );
});

/** Two peers of a room of their own, the first of which sends sound. */
async function pair(t: Test) {
  const room = await server.createRoom();
  const [one, two] = [await server.addPeer(room), await server.addPeer(room)];
  const sender = await PeerClient.join(t, host, one.token, { name: 'one' });
  const receiver = await PeerClient.join(t, host, two.token, { name: 'two' });
  const track = `${one.id}:sound`;
  const sound = offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] }]);
  const answer = await sender.negotiate(sound, { 0: track }, { [track]: { type: 'sound' } });
  return { room, one, two, sender, receiver, track, answer };
}

t.test('joining, publishing and leaving send the media events', async (t) => {
  const { room, one, two, sender, receiver, track, answer } = await pair(t);
  t.strictSame((await sender.saw('connected')).data, { id: one.id, otherEndpoints: [] });
  t.strictSame((await sender.saw('endpointAdded')).data, { id: two.id, type: 'webrtc', metadata: { name: 'two' } });
  t.strictSame((await receiver.saw('connected')).data, { id: two.id, otherEndpoints: [endpoint(one.id, 'one')] });
  t.equal(answer.data.type, 'answer');
  t.strictSame(answer.data.midToTrackId, { 0: track });
  const simulcastConfig = { enabled: false, activeEncodings: ['h'], disabledEncodings: [] };
  t.strictSame((await receiver.saw('tracksAdded')).data, {
    endpointId: one.id,
    trackIdToMetadata: { [track]: { type: 'sound' } },
    tracks: { [track]: { metadata: { type: 'sound' }, simulcastConfig } },
  });
  const offerData = await receiver.saw('offerData');
  t.strictSame(offerData.data, { tracksTypes: { audio: 1, video: 0 }, integratedTurnServers: [] });
  receiver.offer(offerText([{ mid: '0', kind: 'audio', direction: 'recvonly' }]));
  t.strictSame((await receiver.saw('sdpAnswer')).data.midToTrackId, { 0: track });

  sender.event('updateTrackMetadata', { trackId: track, trackMetadata: 7 });
  t.strictSame((await receiver.saw('trackUpdated')).data, { endpointId: one.id, trackId: track, metadata: 7 });
  sender.event('updateEndpointMetadata', { metadata: [1] });
  t.strictSame((await receiver.saw('endpointUpdated')).data, { id: one.id, metadata: [1] });
  t.strictSame(
    (await sender.saw('endpointUpdated')).data,
    { id: one.id, metadata: [1] },
    'the peer itself is told too',
  );

  const late = await server.addPeer(room);
  const latecomer = await PeerClient.join(t, host, late.token);
  const { otherEndpoints } = (await latecomer.saw('connected')).data;
  const tracks = { [track]: { metadata: 7, simulcastConfig } };
  const first = otherEndpoints.find(({ id }: { id: string }) => id === one.id);
  t.strictSame(first, { id: one.id, type: 'webrtc', metadata: [1], trackIdToMetadata: { [track]: 7 }, tracks });

  sender.socket.close();
  t.strictSame((await receiver.saw('tracksRemoved')).data, { endpointId: one.id, trackIds: [track] });
  t.strictSame((await receiver.saw('endpointRemoved')).data, { id: one.id });
  const order = receiver.events.map(({ type }) => type);
  t.ok(order.indexOf('tracksRemoved') < order.indexOf('endpointRemoved'));
});

const endpoint = (id: string, name: string) => ({
  id,
  type: 'webrtc',
  metadata: { name },
  trackIdToMetadata: {},
  tracks: {},
});

t.test('notifications report only what changed', async (t) => {
  const { room, one, sender, track } = await pair(t);
  sender.event('updateTrackMetadata', { trackId: track, trackMetadata: { type: 'sound' } });
  sender.event('updateEndpointMetadata', { metadata: { name: 'one' } });
  sender.event('updateTrackMetadata', { trackId: track, trackMetadata: 'x' });
  sender.event('updateTrackMetadata', { trackId: 'unknown', trackMetadata: 'x' });
  sender.event('updateEndpointMetadata', { metadata: null });
  await backend.until((all) => all.some(({ peerId, metadata }) => peerId === one.id && metadata === 'null'));
  const said = backend.of(room).filter(({ peerId, name }) => peerId === one.id && /Updated/.test(name));
  t.strictSame(
    said.map(({ name, metadata }) => [name, metadata]),
    [
      ['PeerMetadataUpdated', '{"name":"one"}'],
      ['TrackMetadataUpdated', '"x"'],
      ['PeerMetadataUpdated', 'null'],
    ],
  );
});

t.test('layers of a simulcast track are switched and selected', async (t) => {
  const room = await server.createRoom();
  const [one, two] = [await server.addPeer(room), await server.addPeer(room)];
  const sender = await PeerClient.join(t, host, one.token);
  const receiver = await PeerClient.join(t, host, two.token);
  const track = `${one.id}:picture`;
  const rids = ['h', 'm', 'l'].map((rid) => `a=rid:${rid} send`);
  const lines = [...rids, 'a=simulcast:send h;m;~l', ...mids];
  await sender.negotiate(offerText([{ mid: '0', lines }]), { 0: track });
  const { simulcastConfig } = (await receiver.saw('tracksAdded')).data.tracks[track];
  t.strictSame(simulcastConfig, { enabled: true, activeEncodings: ['l', 'm', 'h'], disabledEncodings: ['l'] });
  await receiver.saw('offerData');
  receiver.offer(offerText([{ mid: '0', direction: 'recvonly', lines: mids }]));
  await receiver.saw('sdpAnswer');
  for (let times = 0; times < 3; times += 1) sender.event('enableTrackEncoding', { trackId: track, encoding: 'l' });
  for (let times = 0; times < 3; times += 1) sender.event('disableTrackEncoding', { trackId: track, encoding: 'h' });
  const data = (encoding: string) => ({ endpointId: one.id, trackId: track, encoding });
  t.strictSame((await receiver.saw('trackEncodingEnabled')).data, data('l'));
  t.strictSame((await receiver.saw('trackEncodingDisabled')).data, data('h'));
  receiver.custom('setTargetTrackVariant', { trackId: track, variant: 'l' });
  receiver.custom('setTargetTrackVariant', { trackId: 'unknown', variant: 'l' });
  sender.custom('trackVariantBitrates', { trackId: track, variantBitrates: { h: 1, m: 1, l: 1 } });
  await receiver.settle();
  const changes = receiver.events.filter(({ type }) => type.startsWith('trackEncoding'));
  t.equal(changes.length, 2, 'real changes only');
});

const mids = [
  'a=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
];
