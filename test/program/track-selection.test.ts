import t from 'tap';
import { ChosenOrigins, everyOrigin, type OriginFilter } from '../../src/program/origin-filter.ts';
import { TrackSelection } from '../../src/program/track-selection.ts';
import { Component } from '../../src/room/component.ts';
import type { Endpoint } from '../../src/room/endpoint.ts';
import { Track } from '../../src/room/track.ts';
import { createRoom, RecordedConnection } from '../room/room-world.ts';

const source = { properties: () => ({}), close: async () => undefined };

/** A room of which tracks are selected, and what was told of them. */
function selecting(origins: OriginFilter) {
  const { room } = createRoom();
  const selection = new TrackSelection(room, origins);
  const told: string[] = [];
  selection.observer.on('added', (track, endpoint) => told.push(`+${endpoint.type} ${track.id}`));
  selection.observer.on('updated', (track, endpoint) => told.push(`*${endpoint.type} ${track.id}`));
  selection.observer.on('removed', (track, endpoint) => told.push(`-${endpoint.type} ${track.id}`));
  const addPeer = () => {
    const peer = room.addPeer({ enableSimulcast: true });
    room.connectPeer(peer.id, new RecordedConnection());
    room.joinPeer(peer, null);
    return peer;
  };
  const publish = (endpoint: Endpoint, id: string) => room.addTracks(endpoint, [new Track({ id, type: 'audio' })]);
  return { room, selection, told, addPeer, publish };
}

t.test('the tracks of everybody are taken, present and future ones', async (t) => {
  const { room, selection, told, addPeer, publish } = selecting(everyOrigin);
  const peer = addPeer();
  publish(peer, 'a');
  t.same(told, [], 'not before the start');
  selection.start();
  publish(peer, 'b');
  const file = new Component('file', 'file', source);
  room.addComponent(file);
  publish(file, 'c');
  room.removeTracks(peer, ['a']);
  t.same(told, ['+webrtc a', '+webrtc b', '+file c', '-webrtc a']);
  t.same([...selection.tracks.keys()], ['b', 'c']);
  room.removePeer(peer.id);
  t.same(told.slice(4), ['-webrtc b']);
});

t.test('tracks of chosen endpoints are taken, of those that come later too', async (t) => {
  const chosen = new ChosenOrigins();
  const { selection, told, addPeer, publish, room } = selecting(chosen);
  const [one, other] = [addPeer(), addPeer()];
  publish(one, 'a');
  publish(other, 'x');
  chosen.add([one.id]);
  t.same(told, [], 'not before the start');
  selection.start();
  t.same(told, ['+webrtc a']);
  publish(one, 'b');
  publish(other, 'y');
  chosen.add(['later', one.id]);
  const later = new Component('later', 'file', source);
  room.addComponent(later);
  publish(later, 'c');
  chosen.add([other.id]);
  room.removeTracks(other, ['x']);
  t.same(told, ['+webrtc a', '+webrtc b', '+file c', '+webrtc x', '+webrtc y', '-webrtc x']);
});

t.test('updates of what is taken are told', async (t) => {
  const chosen = new ChosenOrigins();
  const { room, selection, told, addPeer, publish } = selecting(chosen);
  const [one, other] = [addPeer(), addPeer()];
  chosen.add([one.id]);
  selection.start();
  for (const peer of [one, other]) {
    publish(peer, `${peer.id} a`);
    publish(peer, `${peer.id} b`);
    room.updatePeerMetadata(peer, 'name');
    room.updateTrackMetadata(peer, `${peer.id} b`, 'screen');
  }
  t.same(
    told.slice(2),
    ['a', 'b', 'b'].map((track) => `*webrtc ${one.id} ${track}`),
  );
});

t.test('a closed selection tells nothing more', async (t) => {
  const { room, selection, told, addPeer, publish } = selecting(everyOrigin);
  const before = room.changes.listenerCount('change');
  selection.start();
  selection.close();
  selection.close();
  publish(addPeer(), 'a');
  t.same(told, []);
  t.equal(room.changes.listenerCount('change'), before);
});
