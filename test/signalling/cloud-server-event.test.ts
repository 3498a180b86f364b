import { create, toBinary } from '@bufbuild/protobuf';
import t from 'tap';
import { MediaEventSchema } from '../../src/protobuf/media_events/server_pb.js';
import { PeerMessageSchema } from '../../src/protobuf/peer_notifications_pb.js';
import { cloudServerEvent } from '../../src/signalling/cloud-server-event.ts';
import type { ServerEvent } from '../../src/signalling/server-event.ts';
import { importCloudClient } from './published-clients.ts';
import { alice, bob, camera, file, microphone, turnServers } from './server-event-samples.ts';

/** The event as the published client decodes it. */
async function importReader(): Promise<(event: ServerEvent) => unknown> {
  const { PeerMessage } = await importCloudClient();
  return (event) => {
    const value = { content: cloudServerEvent(event) };
    const message = create(PeerMessageSchema, { content: { case: 'serverMediaEvent', value } });
    return JSON.parse(JSON.stringify(PeerMessage.decode(toBinary(PeerMessageSchema, message)))).serverMediaEvent;
  };
}

const trackIdToTrack = {
  'alice:camera': {
    metadataJson: '{"type":"camera"}',
    simulcastConfig: { enabled: true, enabledVariants: [1, 2, 3], disabledVariants: [3] },
  },
  'alice:microphone': {
    metadataJson: '',
    simulcastConfig: { enabled: false, enabledVariants: [0], disabledVariants: [] },
  },
};

t.test('connected lists all endpoints, the client included', async (t) => {
  const read = await importReader();
  t.strictSame(read({ type: 'connected', peerId: 'bob', endpoints: [alice, bob, file], turnServers }), {
    connected: {
      endpointId: 'bob',
      endpointIdToEndpoint: {
        alice: { endpointType: 'webrtc', metadataJson: '{"peer":{"name":"Alice"},"server":{}}', trackIdToTrack },
        bob: { endpointType: 'webrtc', metadataJson: '{"peer":"Bob","server":{}}', trackIdToTrack: {} },
        'file-1': { endpointType: 'file', metadataJson: '{"peer":null,"server":{}}', trackIdToTrack: {} },
      },
      iceServers: [
        { urls: ['turn:192.0.2.1:3478?transport=udp'], username: '17:bob', credential: 'secret' },
        { urls: ['turn:[2001:db8::1]:3478?transport=tcp'], username: '17:bob', credential: 'secret' },
        { urls: ['turns:turn.example.org:443?transport=tcp'], username: '17:bob', credential: 'secret' },
      ],
    },
  });
});

t.test('added, updated and removed endpoints are encoded', async (t) => {
  const read = await importReader();
  const value = { endpointId: 'alice', metadataJson: '{"peer":{"name":"Alice"},"server":{}}' };
  t.strictSame(read({ type: 'endpointAdded', endpoint: alice }), { endpointAdded: value });
  t.strictSame(read({ type: 'endpointUpdated', endpoint: alice }), { endpointUpdated: value });
  const known = { ...value, metadataJson: '{"peer":{"name":"Alice"},"server":{"email":"a@example.org"}}' };
  const endpoint = { ...alice, serverMetadata: { email: 'a@example.org' } };
  t.strictSame(read({ type: 'endpointAdded', endpoint }), { endpointAdded: known });
  t.strictSame(read({ type: 'endpointRemoved', endpointId: 'alice' }), { endpointRemoved: { endpointId: 'alice' } });
});

t.test('added, updated and removed tracks are encoded', async (t) => {
  const read = await importReader();
  const ofCamera = { endpointId: 'alice', trackId: camera.id };
  t.strictSame(read({ type: 'tracksAdded', endpointId: 'alice', tracks: [camera, microphone] }), {
    tracksAdded: { endpointId: 'alice', trackIdToTrack },
  });
  t.strictSame(read({ type: 'tracksRemoved', endpointId: 'alice', trackIds: [camera.id, microphone.id] }), {
    tracksRemoved: { endpointId: 'alice', trackIds: ['alice:camera', 'alice:microphone'] },
  });
  t.strictSame(read({ type: 'trackUpdated', ...ofCamera, metadata: 'screen' }), {
    trackUpdated: { ...ofCamera, metadataJson: '"screen"' },
  });
  t.strictSame(read({ type: 'trackUpdated', ...ofCamera, metadata: null }), {
    trackUpdated: { ...ofCamera, metadataJson: '' },
  });
  t.strictSame(read({ type: 'trackEncodingEnabled', ...ofCamera, encoding: 'l' }), {
    trackVariantEnabled: { ...ofCamera, variant: 1 },
  });
  t.strictSame(read({ type: 'trackEncodingDisabled', ...ofCamera, encoding: 'm' }), {
    trackVariantDisabled: { ...ofCamera, variant: 2 },
  });
});

t.test('offer data and answer are encoded', async (t) => {
  const read = await importReader();
  t.strictSame(read({ type: 'offerData', audio: 2, video: 1, turnServers }), {
    offerData: { tracksTypes: { audio: 2, video: 1 } },
  });
  t.strictSame(read({ type: 'offerData', audio: 0, video: 0, turnServers: [] }), {
    offerData: { tracksTypes: { audio: 0, video: 0 } },
  });
  const midToTrackId = Object.assign(Object.create(null), { 0: 'alice:camera', 1: 'bob:1' });
  t.strictSame(read({ type: 'sdpAnswer', sdp: 'v=0', midToTrackId }), {
    sdpAnswer: { sdp: 'v=0', midToTrackId: { 0: 'alice:camera', 1: 'bob:1' } },
  });
});

t.test('events about received tracks are encoded', async (t) => {
  const read = await importReader();
  const ofCamera = { endpointId: 'alice', trackId: camera.id };
  t.strictSame(read({ type: 'encodingSwitched', ...ofCamera, encoding: 'h', reason: 'other' }), {
    trackVariantSwitched: { ...ofCamera, variant: 3 },
  });
  const trackId = microphone.id;
  t.strictSame(read({ type: 'vadNotification', trackId, status: 'silence' }), {
    vadNotification: { trackId, status: 1 },
  });
  t.strictSame(read({ type: 'vadNotification', trackId, status: 'speech' }), {
    vadNotification: { trackId, status: 2 },
  });
});

t.test('an event that this generation does not have is undefined', async (t) => {
  t.equal(cloudServerEvent({ type: 'bandwidthEstimation', estimation: 1 }), undefined);
});

t.test('the published client acts on each event', async (t) => {
  const { WebRTCEndpoint } = await importCloudClient();
  const client = new WebRTCEndpoint({});
  const seen: unknown[] = [];
  client.on('connected', (id, others) => seen.push(['connected', id, others.length]));
  for (const name of ['endpointAdded', 'endpointUpdated', 'endpointRemoved']) {
    client.on(name, (endpoint) => seen.push([name, endpoint.id, endpoint.metadata]));
  }
  for (const name of ['trackAdded', 'trackUpdated', 'trackRemoved']) {
    client.on(name, (track) => {
      seen.push([name, track.trackId, track.metadata]);
      if (name !== 'trackAdded') return;
      track.on('encodingChanged', () => seen.push(['encodingChanged', track.encoding]));
      track.on('voiceActivityChanged', () => seen.push(['voiceActivityChanged', track.vadStatus]));
    });
  }
  const receive = (event: ServerEvent) =>
    client.receiveMediaEvent(
      toBinary(MediaEventSchema, create(MediaEventSchema, { content: cloudServerEvent(event) })),
    );
  const ofCamera = { endpointId: 'alice', trackId: camera.id };

  await receive({ type: 'connected', peerId: 'bob', endpoints: [bob, file], turnServers });
  await receive({ type: 'endpointAdded', endpoint: alice });
  await receive({ type: 'tracksAdded', endpointId: 'alice', tracks: [camera, microphone] });
  await receive({ type: 'trackUpdated', ...ofCamera, metadata: 'screen' });
  await receive({ type: 'encodingSwitched', ...ofCamera, encoding: 'm', reason: 'other' });
  await receive({ type: 'vadNotification', trackId: camera.id, status: 'speech' });
  await receive({ type: 'endpointUpdated', endpoint: alice });
  await receive({ type: 'tracksRemoved', endpointId: 'alice', trackIds: [camera.id] });
  await receive({ type: 'endpointRemoved', endpointId: 'alice' });

  const metadata = { peer: { name: 'Alice' }, server: {} };
  t.strictSame(seen, [
    ['endpointAdded', 'file-1', { peer: null, server: {} }],
    ['connected', 'bob', 1],
    ['endpointAdded', 'alice', metadata],
    ['trackAdded', camera.id, { type: 'camera' }],
    ['trackAdded', microphone.id, undefined],
    ['trackUpdated', camera.id, 'screen'],
    ['encodingChanged', 2],
    ['voiceActivityChanged', 'speech'],
    ['endpointUpdated', 'alice', metadata],
    ['trackRemoved', camera.id, 'screen'],
    ['trackRemoved', microphone.id, undefined],
    ['endpointRemoved', 'alice', metadata],
  ]);
});
