import t from 'tap';
import { TrackSelection } from '../../src/program/track-selection.ts';
import { Component } from '../../src/room/component.ts';
import type { Endpoint } from '../../src/room/endpoint.ts';
import { Track } from '../../src/room/track.ts';
import { createRoom, RecordedConnection } from '../room/room-world.ts';

const source = { properties: () => ({}), close: async () => undefined };

/** A room with a component that selects, and what it was told. */
function selecting(mode: 'auto' | 'manual') {
  const { room } = createRoom();
  const component = new Component('recorder', 'recording', source);
  room.addComponent(component);
  const selection = new TrackSelection(room, component, mode);
  const told: string[] = [];
  selection.observer.on('added', (track, endpoint) => told.push(`+${endpoint.type} ${track.id}`));
  selection.observer.on('removed', (track, endpoint) => told.push(`-${endpoint.type} ${track.id}`));
  const addPeer = () => {
    const peer = room.addPeer({ enableSimulcast: true });
    room.connectPeer(peer.id, new RecordedConnection());
    room.joinPeer(peer, null);
    return peer;
  };
  const publish = (endpoint: Endpoint, id: string) => room.addTracks(endpoint, [new Track({ id, type: 'audio' })]);
  return { room, component, selection, told, addPeer, publish };
}

t.test('auto: everything, now and later, but nothing of its own', async (t) => {
  const { room, component, selection, told, addPeer, publish } = selecting('auto');
  const peer = addPeer();
  publish(peer, 'a');
  t.same(told, [], 'not before the start');
  selection.start();
  publish(peer, 'b');
  publish(component, 'own');
  const file = new Component('file', 'file', source);
  room.addComponent(file);
  publish(file, 'c');
  room.removeTracks(peer, ['a']);
  t.same(told, ['+webrtc a', '+webrtc b', '+file c', '-webrtc a']);
  t.same([...selection.tracks.keys()], ['b', 'c']);
  room.removePeer(peer.id);
  t.same(told.slice(4), ['-webrtc b']);
});

t.test('manual: chosen endpoints, those that are not there yet too', async (t) => {
  const { selection, told, addPeer, publish, room } = selecting('manual');
  const [chosen, other] = [addPeer(), addPeer()];
  publish(chosen, 'a');
  publish(other, 'x');
  selection.subscribe([chosen.id]);
  t.same(told, [], 'not before the start');
  selection.start();
  t.same(told, ['+webrtc a']);
  publish(chosen, 'b');
  publish(other, 'y');
  selection.subscribe(['later', chosen.id]);
  const later = new Component('later', 'file', source);
  room.addComponent(later);
  publish(later, 'c');
  selection.subscribe([other.id]);
  room.removeTracks(other, ['x']);
  t.same(told, ['+webrtc a', '+webrtc b', '+file c', '+webrtc x', '+webrtc y', '-webrtc x']);
});

t.test('closed: nothing more', async (t) => {
  const { room, selection, told, addPeer, publish } = selecting('auto');
  const before = room.changes.listenerCount('change');
  selection.start();
  selection.close();
  selection.close();
  publish(addPeer(), 'a');
  t.same(told, []);
  t.equal(room.changes.listenerCount('change'), before);
});
