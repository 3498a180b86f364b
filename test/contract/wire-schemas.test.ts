// The schemas beside the routes describe their responses: no member too many or too few.
import t from 'tap';
import type { ZodType } from 'zod';
import { PeerSchema } from '../../src/api/fishjam/peer-json.ts';
import { RoomConfigSchema } from '../../src/api/fishjam/room-config-json.ts';
import { RoomSchema } from '../../src/api/fishjam/room-json.ts';
import { ErrorReply } from '../../src/api/reply.ts';
import { Component } from '../../src/room/component.ts';
import { Track } from '../../src/room/track.ts';
import { RunningApi } from '../api/running-api.ts';

const api = await RunningApi.start();
t.teardown(() => api.close());

/** Parsing leaves out members that the schema does not know. */
const describes = (t: { same(found: unknown, wanted: unknown): boolean }, schema: ZodType, response: unknown) =>
  t.same(schema.parse(response), response);

const properties = {
  hls: {
    playable: false,
    lowLatency: true,
    persistent: false,
    targetWindowDuration: null,
    subscribeMode: 'auto',
    s3: null,
  },
  rtsp: { sourceUri: 'rtsp://x/y', rtpPort: 20000, reconnectDelay: 15000, keepAliveInterval: 15000, pierceNat: true },
  file: { filePath: 'a.ogg', framerate: null },
  sip: { registrarCredentials: { address: 'a', username: 'u', password: 'p' } },
  recording: { subscribeMode: 'manual' },
} as const;

t.test('a room with all its members has the schema of the reference', async (t) => {
  const id = await api.createRoom({
    maxPeers: 3,
    videoCodec: 'h264',
    webhookUrl: 'http://x/y',
    peerlessPurgeTimeout: 60,
  });
  const room = api.rooms.get(id);
  const { json } = await api.ask('POST', `/room/${id}/peer`, { body: { type: 'webrtc' } });
  describes(t, PeerSchema, json.data.peer);
  const peer = room.connectPeer(json.data.peer.id, { close: () => undefined });
  room.joinPeer(peer, { displayName: 'Bob' });
  room.addTracks(peer, [new Track({ id: 'track', type: 'audio', metadata: { a: [1] } })]);
  for (const type of ['hls', 'rtsp', 'file', 'sip', 'recording'] as const) {
    room.addComponent(new Component(type, type, { properties: () => properties[type], close: async () => undefined }));
  }
  const response = (await api.ask('GET', `/room/${id}`)).json.data;
  t.equal(response.components.length, 5);
  describes(t, RoomSchema, response);
  describes(t, RoomConfigSchema, response.config);
});

t.test('errors have the schema of the reference', async (t) => {
  describes(t, ErrorReply, (await api.ask('GET', '/room/none')).json);
});
