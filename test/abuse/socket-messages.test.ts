// Whatever comes over a socket: nothing is thrown, nobody waits, and nothing is left.
import { EventEmitter } from 'node:events';
import { create, toBinary } from '@bufbuild/protobuf';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import { EventType, encodeServerMessage } from '../../src/notification/server-message.ts';
import { ServerSockets } from '../../src/notification/server-sockets.ts';
import { Variant } from '../../src/protobuf/media_events/shared_pb.js';
import { PeerMessageSchema } from '../../src/protobuf/peer_notifications_pb.js';
import { RoomEvents } from '../../src/room/room-events.ts';
import { RoomRegistry } from '../../src/room/room-registry.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { PeerSocket } from '../../src/signalling/peer-socket.ts';
import { PeerTokens } from '../../src/signalling/peer-token.ts';
import { roomConfig } from '../room/room-world.ts';
import { offerText } from '../signalling/sdp/offers.ts';
import { mutatedBytes, mutatedJson, mutatedText, pick } from './mutation.ts';
import { fuzz } from './rounds.ts';
import { SocketDouble } from './socket-double.ts';

const logger = pino({ level: 'silent' });
const sdp = offerText([{ mid: '0', kind: 'audio', lines: ['a=ssrc:1 cname:x'] }]);
const metadata = { name: 'Ada', list: [1, null, 'x'] };
const trackId = 'peer:track';

/** Media events of the older generation. */
const jsonEvents: readonly unknown[] = [
  { type: 'connect', data: { metadata } },
  { type: 'updateEndpointMetadata', data: { metadata } },
  { type: 'updateTrackMetadata', data: { trackId, trackMetadata: metadata } },
  { type: 'disableTrackEncoding', data: { trackId, encoding: 'h' } },
  { type: 'custom', data: { type: 'renegotiateTracks' } },
  { type: 'custom', data: { type: 'setTargetTrackVariant', data: { trackId, variant: 'l' } } },
  {
    type: 'custom',
    data: {
      type: 'sdpOffer',
      data: {
        sdpOffer: { type: 'offer', sdp },
        midToTrackId: { 0: trackId },
        trackIdToTrackMetadata: { [trackId]: metadata },
      },
    },
  },
];

type Content = NonNullable<Parameters<typeof create<typeof PeerMessageSchema>>[1]>['content'];
const message = (content: Content) => toBinary(PeerMessageSchema, create(PeerMessageSchema, { content }));
const metadataJson = JSON.stringify(metadata);
const cloudEvent = (content: object) =>
  message({ case: 'peerMediaEvent', value: { content } } as Parameters<typeof message>[0]);

/** Media events of the newer generation. */
const cloudEvents: readonly Uint8Array[] = [
  cloudEvent({ case: 'connect', value: { metadataJson } }),
  cloudEvent({ case: 'updateEndpointMetadata', value: { metadataJson } }),
  cloudEvent({ case: 'updateTrackMetadata', value: { trackId, metadataJson } }),
  cloudEvent({ case: 'renegotiateTracks', value: {} }),
  cloudEvent({ case: 'setTargetTrackVariant', value: { trackId, variant: Variant.LOW } }),
  cloudEvent({ case: 'disableTrackVariant', value: { trackId, variant: Variant.HIGH } }),
  cloudEvent({
    case: 'sdpOffer',
    value: { sdp, trackIdToMetadataJson: { [trackId]: metadataJson }, midToTrackId: { 0: trackId } },
  }),
];

/** A room without media, and what connects peers to it. */
async function openRoom(t: Test) {
  const voiceActivity = { observer: new EventEmitter().setMaxListeners(0), isSpeaking: () => false };
  const createTransport = () => Promise.reject(new Error('No media here'));
  const media = { close() {}, publications: new Map(), voiceActivity, createTransport } as unknown as RoomRouter;
  const rooms = new RoomRegistry<RoomRouter>({ events: new RoomEvents(), openMedia: async () => media });
  t.teardown(() => rooms.close());
  const room = await rooms.create(roomConfig());
  const tokens = new PeerTokens(new Secret('k'.repeat(32)));
  const turn = { entriesFor: () => [], left() {}, restarted() {}, close: async () => undefined };
  const options = { rooms, tokens, turn, maxMetadata: 65_536, clock: systemClock, logger };
  const connect = (sdkVersion: string) => {
    const { id } = room.addPeer({ enableSimulcast: true });
    const socket = new SocketDouble();
    new PeerSocket(socket.asSocket, options);
    const send = (bytes: Uint8Array) => socket.emit('message', Buffer.from(bytes), true);
    const token = tokens.issue(room.id, id);
    return { id, socket, send, authRequest: message({ case: 'authRequest', value: { token, sdkVersion } }) };
  };
  return { room, connect, listeners: () => voiceActivity.observer.listenerCount('change') };
}

type Peer = ReturnType<Awaited<ReturnType<typeof openRoom>>['connect']>;

/** A peer of a generation sends something broken in each round, beside one that listens, until it is closed. */
async function fuzzPeers(t: Test, sdkVersion: string, frame: (random: () => number) => Uint8Array) {
  const { room, connect, listeners } = await openRoom(t);
  const join = (): Peer => {
    const peer = connect(sdkVersion);
    peer.send(peer.authRequest);
    peer.send(sdkVersion ? (cloudEvents[0] as Uint8Array) : jsonMessage(jsonEvents[0]));
    return peer;
  };
  const listener = join();
  let hostile = join();
  await fuzz(t, 2000, async (random, index) => {
    if (index % 10 === 0) {
      // It is alive, however long this takes.
      listener.socket.emit('pong', Buffer.alloc(0));
      const stranger = connect(sdkVersion);
      stranger.send(mutatedBytes(random, stranger.authRequest));
      stranger.socket.terminate();
      if (room.peers.has(stranger.id)) room.removePeer(stranger.id);
    }
    hostile.send(frame(random));
    await Promise.resolve();
    if (hostile.socket.readyState === 1 && index % 100 !== 99) return;
    hostile.socket.terminate();
    if (room.peers.has(hostile.id)) room.removePeer(hostile.id);
    hostile = join();
  });
  t.equal(listener.socket.readyState, 1, 'others go on');
  hostile.socket.terminate();
  t.equal(listeners(), 1, 'and nobody else listens to the room');
}

const jsonMessage = (event: unknown) =>
  message({ case: 'mediaEvent', value: { data: JSON.stringify(event) ?? 'null' } });

t.test('media events of JSON', async (t) => {
  await fuzzPeers(t, '', (random) => {
    const event = pick(random, jsonEvents);
    if (random() < 0.8) return jsonMessage(mutatedJson(random, event));
    if (random() < 0.5) return mutatedBytes(random, jsonMessage(event));
    return message({ case: 'mediaEvent', value: { data: mutatedText(random, JSON.stringify(event)).toWellFormed() } });
  });
});

t.test('media events of protobuf', async (t) => {
  await fuzzPeers(t, 'web-0.25.1', (random) => mutatedBytes(random, pick(random, cloudEvents)));
});

t.test('messages of backends', async (t) => {
  const sockets = new ServerSockets({ token: new Secret('development'), logger });
  t.teardown(() => sockets.close());
  const right = encodeServerMessage({ case: 'authRequest', value: { token: 'development' } });
  const subscription = encodeServerMessage({ case: 'subscribeRequest', value: { eventType: EventType.METRICS } });
  await fuzz(t, 2000, (random) => {
    const socket = new SocketDouble();
    sockets.accept(socket.asSocket);
    const send = (bytes: Uint8Array) => socket.emit('message', Buffer.from(bytes), random() < 0.98);
    if (random() < 0.7) send(right);
    send(mutatedBytes(random, pick(random, [right, subscription])));
    sockets.broadcastMetrics('{}');
    socket.terminate();
  });
  t.equal(sockets.size, 0);
});
