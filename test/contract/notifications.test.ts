import t, { type Test } from 'tap';
import { Receiver } from '../net/receiver.ts';
import { readNotification } from '../notification-socket.ts';
import { PeerClient } from '../peer-client.ts';
import { RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

const server = await RunningServer.start(t, { SHOAL_TURN: 'off', FJ_WEBRTC_TURN_TCP_PORT: undefined });
const backend = await server.subscribe();

/** A room with a webhook. */
async function watchedRoom(t: Test, config: Record<string, unknown> = {}) {
  const receiver = await Receiver.start(t);
  const roomId = await server.createRoom({ webhookUrl: receiver.url, ...config });
  /** Both ways have told the same bytes in the same order. @returns the names */
  const told = async (count: number) => {
    await backend.until((all) => all.filter((one) => one.roomId === roomId).length >= count);
    await receiver.received(count);
    const posted = receiver.requests.map(({ body }) => body.toString('hex'));
    const pushed = backend.frames.filter((frame) => readNotification(frame).roomId === roomId);
    t.strictSame(
      pushed.map((frame) => frame.toString('hex')),
      posted,
      'the webhook gets the same bytes',
    );
    return backend.of(roomId);
  };
  return { roomId, told };
}

const names = (notifications: readonly { name: string }[]) => notifications.map(({ name }) => name);
const picture = offerText([
  { mid: '0', lines: ['a=ssrc:1 cname:x'] },
  { mid: '1', kind: 'audio', lines: ['a=ssrc:2 cname:x'] },
]);

async function publish(t: Test, roomId: string) {
  const { id, token } = await server.addPeer(roomId);
  const client = await PeerClient.join(t, server.host, token);
  await client.negotiate(picture, { 0: 'video', 1: 'audio' });
  return { id, client };
}

t.test('deleting a connected peer, then the room, is notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  const { id, token } = await server.addPeer(roomId);
  const client = await PeerClient.open(t, server.host);
  await client.authenticate(token);
  await server.delete(`/room/${roomId}/peer/${id}`);
  await server.delete(`/room/${roomId}`);
  const expected = ['RoomCreated', 'PeerAdded', 'PeerConnected', 'PeerDisconnected', 'PeerDeleted', 'RoomDeleted'];
  t.strictSame(names(await told(6)), expected);
});

t.test('a disconnect and both timeouts are notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t, { peerDisconnectedTimeout: 1, peerlessPurgeTimeout: 2 });
  const { token } = await server.addPeer(roomId);
  const client = await PeerClient.open(t, server.host);
  await client.authenticate(token);
  client.socket.close();
  const expected = ['RoomCreated', 'PeerAdded', 'PeerConnected', 'PeerDisconnected', 'PeerDeleted', 'RoomDeleted'];
  t.strictSame(names(await told(6)), expected);
});

t.test('deleting a room with a connected peer is notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  const { token } = await server.addPeer(roomId);
  const client = await PeerClient.open(t, server.host);
  await client.authenticate(token);
  await server.delete(`/room/${roomId}`);
  t.strictSame(names(await told(5)), ['RoomCreated', 'PeerAdded', 'PeerConnected', 'PeerDeleted', 'RoomDeleted']);
});

const start = ['RoomCreated', 'PeerAdded', 'PeerConnected', 'PeerMetadataUpdated', 'TrackAdded', 'TrackAdded'];

t.test('deleting a room with a sending peer is notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  await publish(t, roomId);
  await server.delete(`/room/${roomId}`);
  t.strictSame(names(await told(10)), [...start, 'TrackRemoved', 'TrackRemoved', 'PeerDeleted', 'RoomDeleted']);
});

t.test('deleting a sending peer is notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  const { id } = await publish(t, roomId);
  await server.delete(`/room/${roomId}/peer/${id}`);
  t.strictSame(names(await told(10)), [...start, 'TrackRemoved', 'TrackRemoved', 'PeerDisconnected', 'PeerDeleted']);
});

t.test('losing a sending peer is notified in order', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  const { client } = await publish(t, roomId);
  client.socket.terminate();
  t.strictSame(names(await told(9)), [...start, 'PeerDisconnected', 'TrackRemoved', 'TrackRemoved']);
  t.match((await server.room(roomId)).peers, [{ status: 'disconnected', tracks: [] }]);
});

t.test('a stopped track is notified', async (t) => {
  const { roomId, told } = await watchedRoom(t);
  const { id, client } = await publish(t, roomId);
  const stopped = offerText([
    { mid: '0', direction: 'inactive' },
    { mid: '1', kind: 'audio', lines: ['a=ssrc:2 cname:x'] },
  ]);
  await client.negotiate(stopped, { 1: 'audio' });
  const all = await told(7);
  t.strictSame(names(all), [...start, 'TrackRemoved']);
  t.match(all.at(-1), { peerId: id, trackId: 'video', metadata: 'null' });
  t.match((await server.room(roomId)).peers, [{ tracks: [{ id: 'audio' }] }]);
});
