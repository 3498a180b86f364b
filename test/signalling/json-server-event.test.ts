import t from 'tap';
import { jsonServerEvent } from '../../src/signalling/json-server-event.ts';
import type { ServerEvent } from '../../src/signalling/server-event.ts';
import { importLegacyClient } from './published-clients.ts';
import { alice, bob, camera, file, microphone, turnServers } from './server-event-samples.ts';

/** The event as it arrives at a client. */
const written = (event: ServerEvent) => JSON.parse(JSON.stringify(jsonServerEvent(event)));

const trackMaps = {
  trackIdToMetadata: { 'alice:camera': { type: 'camera' }, 'alice:microphone': null },
  tracks: {
    'alice:camera': {
      metadata: { type: 'camera' },
      simulcastConfig: { enabled: true, activeEncodings: ['l', 'm', 'h'], disabledEncodings: ['h'] },
    },
    'alice:microphone': {
      metadata: null,
      simulcastConfig: { enabled: false, activeEncodings: ['h'], disabledEncodings: [] },
    },
  },
};

t.test('connected lists all endpoints but the client', async (t) => {
  t.strictSame(written({ type: 'connected', peerId: 'bob', endpoints: [alice, bob, file], turnServers }), {
    type: 'connected',
    data: {
      id: 'bob',
      otherEndpoints: [
        { id: 'alice', type: 'webrtc', metadata: { name: 'Alice' }, ...trackMaps },
        { id: 'file-1', type: 'file', metadata: null, trackIdToMetadata: {}, tracks: {} },
      ],
    },
  });
  t.strictSame(written({ type: 'connected', peerId: 'bob', endpoints: [], turnServers: [] }), {
    type: 'connected',
    data: { id: 'bob', otherEndpoints: [] },
  });
});

t.test('added, updated and removed endpoints are encoded', async (t) => {
  t.strictSame(written({ type: 'endpointAdded', endpoint: bob }), {
    type: 'endpointAdded',
    data: { id: 'bob', type: 'webrtc', metadata: 'Bob' },
  });
  t.strictSame(written({ type: 'endpointAdded', endpoint: file }), {
    type: 'endpointAdded',
    data: { id: 'file-1', type: 'file', metadata: null },
  });
  t.strictSame(written({ type: 'endpointUpdated', endpoint: alice }), {
    type: 'endpointUpdated',
    data: { id: 'alice', metadata: { name: 'Alice' } },
  });
  t.strictSame(written({ type: 'endpointRemoved', endpointId: 'alice' }), {
    type: 'endpointRemoved',
    data: { id: 'alice' },
  });
});

t.test('added, updated and removed tracks are encoded', async (t) => {
  t.strictSame(written({ type: 'tracksAdded', endpointId: 'alice', tracks: [camera, microphone] }), {
    type: 'tracksAdded',
    data: { endpointId: 'alice', ...trackMaps },
  });
  t.strictSame(written({ type: 'tracksRemoved', endpointId: 'alice', trackIds: [camera.id] }), {
    type: 'tracksRemoved',
    data: { endpointId: 'alice', trackIds: ['alice:camera'] },
  });
  t.strictSame(written({ type: 'trackUpdated', endpointId: 'alice', trackId: camera.id, metadata: [1] }), {
    type: 'trackUpdated',
    data: { endpointId: 'alice', trackId: 'alice:camera', metadata: [1] },
  });
  for (const type of ['trackEncodingEnabled', 'trackEncodingDisabled'] as const) {
    t.strictSame(written({ type, endpointId: 'alice', trackId: camera.id, encoding: 'l' }), {
      type,
      data: { endpointId: 'alice', trackId: 'alice:camera', encoding: 'l' },
    });
  }
});

t.test('offer data and answer are encoded', async (t) => {
  t.strictSame(written({ type: 'offerData', audio: 2, video: 0, turnServers }), {
    type: 'custom',
    data: {
      type: 'offerData',
      data: {
        tracksTypes: { audio: 2, video: 0 },
        integratedTurnServers: [
          { serverAddr: '192.0.2.1', serverPort: 3478, transport: 'udp', username: '17:bob', password: 'secret' },
          { serverAddr: '2001:db8::1', serverPort: 3478, transport: 'tcp', username: '17:bob', password: 'secret' },
          { serverAddr: 'turn.example.org', serverPort: 443, transport: 'tls', username: '17:bob', password: 'secret' },
        ],
      },
    },
  });
  const midToTrackId = Object.assign(Object.create(null), { 0: 'alice:camera' });
  t.strictSame(written({ type: 'sdpAnswer', sdp: 'v=0', midToTrackId }), {
    type: 'custom',
    data: { type: 'sdpAnswer', data: { type: 'answer', sdp: 'v=0', midToTrackId: { 0: 'alice:camera' } } },
  });
});

t.test('TURN servers have only the members that the client needs', async (t) => {
  const withMore = { ...turnServers[0], sharedSecret: 'not for clients' } as (typeof turnServers)[number];
  const text = JSON.stringify(written({ type: 'offerData', audio: 0, video: 0, turnServers: [withMore] }));
  t.notMatch(text, 'sharedSecret');
});

t.test('events about received tracks are encoded', async (t) => {
  t.strictSame(
    written({
      type: 'encodingSwitched',
      endpointId: 'alice',
      trackId: camera.id,
      encoding: 'm',
      reason: 'low_bandwidth',
    }),
    {
      type: 'custom',
      data: {
        type: 'encodingSwitched',
        data: { endpointId: 'alice', trackId: 'alice:camera', encoding: 'm', reason: 'low_bandwidth' },
      },
    },
  );
  t.strictSame(written({ type: 'vadNotification', trackId: microphone.id, status: 'speech' }), {
    type: 'custom',
    data: { type: 'vadNotification', data: { trackId: 'alice:microphone', status: 'speech' } },
  });
  t.strictSame(written({ type: 'bandwidthEstimation', estimation: 1_500_000.5 }), {
    type: 'custom',
    data: { type: 'bandwidthEstimation', data: { estimation: 1_500_000.5 } },
  });
});

t.test('the published client acts on each event', async (t) => {
  const { WebRTCEndpoint } = await importLegacyClient();
  const client = new WebRTCEndpoint({});
  const seen: unknown[] = [];
  client.on('connected', (id, others) => seen.push(['connected', id, others.length]));
  for (const name of ['endpointAdded', 'endpointUpdated', 'endpointRemoved']) {
    client.on(name, (endpoint) => seen.push([name, endpoint.id, endpoint.metadata]));
  }
  for (const name of ['trackAdded', 'trackUpdated', 'trackEncodingDisabled', 'trackEncodingEnabled']) {
    client.on(name, (track, encoding) => {
      seen.push([name, track.trackId, track.metadata, encoding]);
      if (name !== 'trackAdded') return;
      track.on('encodingChanged', () => seen.push(['encodingChanged', track.encoding, track.encodingReason]));
      track.on('voiceActivityChanged', () => seen.push(['voiceActivityChanged', track.vadStatus]));
    });
  }
  client.on('bandwidthEstimationChanged', (estimation) => seen.push(['bandwidthEstimationChanged', estimation]));
  const receive = (event: ServerEvent) => client.receiveMediaEvent(JSON.stringify(jsonServerEvent(event)));
  const ofCamera = { endpointId: 'alice', trackId: camera.id };

  receive({ type: 'connected', peerId: 'bob', endpoints: [bob, file], turnServers });
  receive({ type: 'endpointAdded', endpoint: alice });
  receive({ type: 'tracksAdded', endpointId: 'alice', tracks: [camera] });
  receive({ type: 'trackUpdated', ...ofCamera, metadata: 'screen' });
  receive({ type: 'trackEncodingDisabled', ...ofCamera, encoding: 'h' });
  receive({ type: 'trackEncodingEnabled', ...ofCamera, encoding: 'h' });
  receive({ type: 'encodingSwitched', ...ofCamera, encoding: 'm', reason: 'other' });
  receive({ type: 'vadNotification', trackId: camera.id, status: 'silence' });
  receive({ type: 'bandwidthEstimation', estimation: 1000 });
  receive({ type: 'endpointUpdated', endpoint: alice });
  receive({ type: 'endpointRemoved', endpointId: 'file-1' });

  const ofScreen = [camera.id, 'screen'];
  t.match(seen, [
    ['connected', 'bob', 1],
    ['endpointAdded', 'alice', { name: 'Alice' }],
    ['trackAdded', camera.id, { type: 'camera' }],
    ['trackUpdated', ...ofScreen],
    ['trackEncodingDisabled', ...ofScreen, 'h'],
    ['trackEncodingEnabled', ...ofScreen, 'h'],
    ['encodingChanged', 'm', 'other'],
    ['voiceActivityChanged', 'silence'],
    ['bandwidthEstimationChanged', 1000],
    ['endpointUpdated', 'alice', { name: 'Alice' }],
    ['endpointRemoved', 'file-1', null],
  ]);
  t.equal(seen.length, 11);
});
