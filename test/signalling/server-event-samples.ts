import { Component } from '../../src/room/component.ts';
import { Peer } from '../../src/room/peer.ts';
import { Track } from '../../src/room/track.ts';
import type { TurnEntry } from '../../src/turn/turn-credentials.ts';

export const camera = new Track({
  id: 'alice:camera',
  type: 'video',
  metadata: { type: 'camera' },
  simulcast: { enabled: true, activeEncodings: ['l', 'm', 'h'], disabledEncodings: ['h'] },
});
export const microphone = new Track({ id: 'alice:microphone', type: 'audio' });

/** A peer that sends simulcast video, and audio without metadata. */
export const alice = new Peer('alice', { enableSimulcast: true });
alice.metadata = { name: 'Alice' };
alice.tracks.set(camera.id, camera).set(microphone.id, microphone);

/** A peer that has just joined. */
export const bob = new Peer('bob', { enableSimulcast: true });
bob.metadata = 'Bob';

export const file = new Component('file-1', 'file', { properties: () => ({}), close: async () => {} });

export const turnServers: readonly TurnEntry[] = [
  { serverAddr: '192.0.2.1', serverPort: 3478, transport: 'udp', username: '17:bob', password: 'secret' },
  { serverAddr: '2001:db8::1', serverPort: 3478, transport: 'tcp', username: '17:bob', password: 'secret' },
  { serverAddr: 'turn.example.org', serverPort: 443, transport: 'tls', username: '17:bob', password: 'secret' },
];
