import t from 'tap';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { Component } from '../../src/room/component.ts';
import type { RoomChange } from '../../src/room/room-change.ts';
import { Track } from '../../src/room/track.ts';
import { createRoom, RecordedConnection } from './room-world.ts';

const simulcast = { enabled: true, activeEncodings: ['l', 'm', 'h'], disabledEncodings: [] } as const;

function connected(world: ReturnType<typeof createRoom>) {
  const peer = world.room.addPeer({ enableSimulcast: true });
  const connection = new RecordedConnection();
  world.room.connectPeer(peer.id, connection);
  return { peer, connection };
}

function publishing(world: ReturnType<typeof createRoom>, trackIds: string[]) {
  const { peer, connection } = connected(world);
  world.room.joinPeer(peer, { name: 'Ann' });
  const tracks = trackIds.map((id) => new Track({ id, type: 'video', simulcast }));
  world.room.addTracks(peer, tracks);
  return { peer, connection };
}

t.test('deleting a room notifies of each peer, then of the room, and closes the sockets', async (t) => {
  const world = createRoom({ webhookUrl: 'http://127.0.0.1/' });
  const { connection } = publishing(world, ['a', 'b']);
  await world.room.close();
  t.same(world.names(), [
    'roomCreated',
    'peerAdded',
    'peerConnected',
    'peerMetadataUpdated',
    'trackAdded',
    'trackAdded',
    'trackRemoved',
    'trackRemoved',
    'peerDeleted',
    'roomDeleted',
  ]);
  t.match(world.heard[0], { webhookUrl: 'http://127.0.0.1/' });
  t.same(connection.closes, [{ cause: 'roomClosed', reason: '' }]);
  t.equal(world.media.closed, true);
  await world.room.close();
  t.equal(world.heard.length, 10, 'a second close says nothing');
});

t.test('a crashed room emits roomCrashed only', async (t) => {
  const world = createRoom();
  const { connection } = publishing(world, ['a']);
  const before = world.heard.length;
  await world.room.crash();
  t.same(world.names().slice(before), ['roomCrashed']);
  t.same(connection.closes, [{ cause: 'roomCrashed', reason: '' }]);
});

t.test('a component that withdraws its tracks when its room ends is not notified of again', async (t) => {
  for (const [end, last] of [
    ['close', 'trackRemoved roomDeleted'],
    ['crash', 'roomCrashed'],
  ] as const) {
    const world = createRoom();
    const source = {
      properties: () => ({}),
      close: async () => world.room.removeTracks(component, ['a']),
    };
    const component: Component = new Component('one', 'sip', source);
    world.room.addComponent(component);
    world.room.addTracks(component, [new Track({ id: 'a', type: 'audio' })]);
    await world.room[end]();
    t.equal(world.names().join(' '), `roomCreated trackAdded ${last}`);
  }
});

t.test('deleting a peer notifies of its tracks, then of the disconnect, then of the deletion', async (t) => {
  const world = createRoom();
  const { peer, connection } = publishing(world, ['a']);
  const before = world.heard.length;
  world.room.removePeer(peer.id);
  t.same(world.names().slice(before), ['trackRemoved', 'peerDisconnected', 'peerDeleted']);
  t.same(connection.closes, [{ cause: 'peerRemoved', reason: '' }]);
  world.room.disconnectPeer(peer);
  t.equal(world.heard.length, before + 3, 'its socket closing afterwards says nothing');
  t.throws(() => world.room.removePeer(peer.id), new ShoalError('peerNotFound', peer.id));
});

t.test('a peer that was never connected is deleted without being disconnected', async (t) => {
  const world = createRoom();
  const peer = world.room.addPeer({ enableSimulcast: true });
  world.room.removePeer(peer.id);
  t.same(world.names(), ['roomCreated', 'peerAdded', 'peerDeleted']);
});

t.test('a lost socket is notified first, then the removed tracks; the peer stays and can reconnect', async (t) => {
  const world = createRoom();
  const { peer } = publishing(world, ['a']);
  const before = world.heard.length;
  world.room.disconnectPeer(peer);
  t.same(world.names().slice(before), ['peerDisconnected', 'trackRemoved']);
  t.equal(peer.status, 'disconnected');
  t.equal(peer.tracks.size, 0);
  t.same(peer.metadata, { name: 'Ann' }, 'metadata is kept');
  world.room.connectPeer(peer.id, new RecordedConnection());
  t.equal(peer.status, 'connected');
});

t.test('a peer can have one connection at a time', async (t) => {
  const world = createRoom();
  const { peer } = connected(world);
  t.throws(() => world.room.connectPeer(peer.id, new RecordedConnection()), new ShoalError('peerAlreadyConnected'));
  t.throws(() => world.room.connectPeer('other', new RecordedConnection()), new ShoalError('peerNotFound', 'other'));
});

t.test('a crashed peer is removed with peerCrashed only', async (t) => {
  const world = createRoom();
  const { peer, connection } = publishing(world, ['a']);
  const before = world.heard.length;
  world.room.crashPeer(peer, '');
  t.same(world.names().slice(before), ['trackRemoved', 'peerCrashed']);
  t.same(connection.closes, [{ cause: 'peerCrashed', reason: '' }]);
  t.equal(world.room.peers.size, 0);
  world.room.crashPeer(peer, '');
  t.equal(world.heard.length, before + 2);
});

t.test('connect always notifies of peer metadata, an update only when it differs', async (t) => {
  const world = createRoom();
  const { peer } = connected(world);
  t.equal(world.room.joinPeer(peer, null), true);
  t.equal(world.room.joinPeer(peer, { late: true }), false, 'a second connect is ignored');
  world.room.updatePeerMetadata(peer, null);
  world.room.updatePeerMetadata(peer, { a: [1] });
  world.room.updatePeerMetadata(peer, { a: [1] });
  t.same(
    world.heard.flatMap((event) => (event.type === 'peerMetadataUpdated' ? [event.metadata] : [])),
    [null, { a: [1] }],
  );
});

t.test('track metadata is notified only when it differs; unknown tracks are ignored', async (t) => {
  const world = createRoom();
  const { peer } = publishing(world, ['a']);
  world.room.updateTrackMetadata(peer, 'a', 'x');
  world.room.updateTrackMetadata(peer, 'a', 'x');
  world.room.updateTrackMetadata(peer, 'unknown', 'x');
  const updates = world.heard.filter(({ type }) => type === 'trackMetadataUpdated');
  t.match(updates, [{ track: { id: 'a', type: 'video', metadata: 'x' }, origin: { peerId: peer.id } }]);
  t.equal(updates.length, 1);
});

t.test('switching a layer to the state that it has changes nothing', async (t) => {
  const world = createRoom();
  const { peer } = publishing(world, ['a']);
  const changes: RoomChange[] = [];
  world.room.changes.on('change', (change) => changes.push(change));
  for (let repeat = 0; repeat < 1000; repeat += 1) world.room.setEncodingEnabled(peer, 'a', 'h', false);
  t.equal(changes.length, 1);
  t.match(changes[0], { type: 'encodingDisabled', encoding: 'h' });
  t.same(peer.tracks.get('a')?.simulcast.disabledEncodings, ['h']);
  t.same(peer.tracks.get('a')?.simulcast.activeEncodings, ['l', 'm', 'h'], 'disabled layers stay negotiated');
  t.equal(world.room.setEncodingEnabled(peer, 'a', 'h', true), true);
  t.equal(world.room.setEncodingEnabled(peer, 'b', 'h', true), false, 'unknown track');
});

t.test('participants are told of removed tracks before the removed endpoint', async (t) => {
  const world = createRoom();
  const { peer } = publishing(world, ['a']);
  const changes: string[] = [];
  world.room.changes.on('change', ({ type }) => changes.push(type));
  world.room.disconnectPeer(peer);
  t.same(changes, ['tracksRemoved', 'endpointRemoved']);
});

t.test('a peer that never joined is not announced as removed', async (t) => {
  const world = createRoom();
  const { peer } = connected(world);
  const changes: string[] = [];
  world.room.changes.on('change', ({ type }) => changes.push(type));
  world.room.disconnectPeer(peer);
  t.same(changes, []);
});

t.test('a removed component is not notified, a crashed one is, by its component id', async (t) => {
  const world = createRoom();
  let closed = 0;
  const source = {
    properties: () => ({}),
    close: async () => {
      closed += 1;
    },
  };
  for (const id of ['one', 'two']) {
    const component = new Component(id, 'file', source);
    world.room.addComponent(component);
    world.room.addTracks(component, [new Track({ id: `${id}-track`, type: 'audio' })]);
  }
  await world.room.removeComponent('one');
  await world.room.crashComponent(world.room.components.get('two') as Component);
  t.same(world.names(), [
    'roomCreated',
    'trackAdded',
    'trackAdded',
    'trackRemoved',
    'trackRemoved',
    'componentCrashed',
  ]);
  t.match(world.heard[1], { origin: { componentId: 'one' } });
  t.equal(closed, 2);
  await t.rejects(world.room.removeComponent('one'), new ShoalError('componentNotFound', 'one'));
});

t.test('a component that has finished is removed once, without a notification of its own', async (t) => {
  const world = createRoom();
  let closed = 0;
  const source = {
    properties: () => ({}),
    close: async () => {
      closed += 1;
    },
  };
  const component = new Component('one', 'file', source);
  world.room.addComponent(component);
  world.room.addTracks(component, [new Track({ id: 'track', type: 'audio' })]);
  await world.room.endComponent(component);
  await world.room.endComponent(component);
  await world.room.crashComponent(component);
  t.same(world.names(), ['roomCreated', 'trackAdded', 'trackRemoved']);
  t.equal(closed, 1);
  t.equal(world.room.components.size, 0);
});

t.test('the peer limit counts peers that are not connected', async (t) => {
  const { room } = createRoom({ maxPeers: 1 });
  room.addPeer({ enableSimulcast: true });
  t.throws(() => room.addPeer({ enableSimulcast: true }), new ShoalError('peerLimitReached', 'room'));
  t.throws(() => createRoom({ maxPeers: 0 }).room.addPeer({ enableSimulcast: true }), { code: 'peerLimitReached' });
});

t.test('a room without connected peers is purged; a connected peer stops the timer', async (t) => {
  const world = createRoom({ peerlessPurgeTimeout: 10 });
  world.clock.advance(9_000);
  const { peer } = connected(world);
  world.clock.advance(60_000);
  t.same(world.purges, []);
  world.room.disconnectPeer(peer);
  world.clock.advance(9_999);
  t.same(world.purges, []);
  world.clock.advance(1);
  t.equal(world.purges.length, 1);
});

t.test('adding a peer that does not connect restarts the timer and does not stop it', async (t) => {
  const world = createRoom({ peerlessPurgeTimeout: 10 });
  world.clock.advance(9_000);
  world.room.addPeer({ enableSimulcast: true });
  world.clock.advance(9_999);
  t.same(world.purges, []);
  world.clock.advance(1);
  t.equal(world.purges.length, 1);
});

t.test('a disconnected peer is purged with one notification and restarts the peerless timer', async (t) => {
  const world = createRoom({ peerDisconnectedTimeout: 5, peerlessPurgeTimeout: 7 });
  const { peer } = connected(world);
  world.room.disconnectPeer(peer);
  const before = world.heard.length;
  world.clock.advance(5_000);
  t.same(world.names().slice(before), ['peerDeleted']);
  world.clock.advance(6_999);
  t.same(world.purges, []);
  world.clock.advance(1);
  t.equal(world.purges.length, 1);
});

t.test('reconnecting in time keeps the peer', async (t) => {
  const world = createRoom({ peerDisconnectedTimeout: 5 });
  const { peer } = connected(world);
  world.room.disconnectPeer(peer);
  world.clock.advance(4_000);
  world.room.connectPeer(peer.id, new RecordedConnection());
  world.clock.advance(60_000);
  t.ok(world.room.peers.has(peer.id));
});

t.test('no timer outlives the room', async (t) => {
  const world = createRoom({ peerDisconnectedTimeout: 5, peerlessPurgeTimeout: 7 });
  world.room.addPeer({ enableSimulcast: true });
  await world.room.close();
  const said = world.heard.length;
  world.clock.advance(60_000);
  t.equal(world.heard.length, said);
  t.same(world.purges, []);
});

t.test('what the server says of a peer cannot be changed by its client', async (t) => {
  const { room, heard } = createRoom();
  const serverMetadata = { displayName: 'Ann', moderator: false };
  const peer = room.addPeer({ enableSimulcast: true, serverMetadata });
  t.same(peer.metadata, serverMetadata, 'it is known before the client connects');
  room.connectPeer(peer.id, new RecordedConnection());
  room.joinPeer(peer, { moderator: true, mood: 'good' });
  t.same(peer.metadata, { mood: 'good', displayName: 'Ann', moderator: false });
  t.match(heard.at(-1), { type: 'peerMetadataUpdated', metadata: peer.metadata });
  for (const metadata of [null, 'Bob', ['Bob'], { displayName: 'Bob' }]) {
    room.updatePeerMetadata(peer, metadata);
    t.same(peer.metadata, serverMetadata);
  }
});
