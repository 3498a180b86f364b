import { create, fromBinary } from '@bufbuild/protobuf';
import t from 'tap';
import { PeerMessageSchema } from '../../src/protobuf/peer_notifications_pb.js';
import { cloudCodec } from '../../src/signalling/cloud-codec.ts';
import { MalformedEventError } from '../../src/signalling/json-text.ts';
import { importCloudClient } from './published-clients.ts';

t.test('the authentication response of this generation is encoded', async (t) => {
  t.strictSame([...cloudCodec.authenticated()], [0x0a, 0x02, 0x08, 0x01]);
});

t.test('the published client decodes our frames', async (t) => {
  const { PeerMessage } = await importCloudClient();
  t.match(PeerMessage.decode(cloudCodec.authenticated()), { authenticated: { roomType: 1 } });
  const frame = cloudCodec.encode({ type: 'endpointRemoved', endpointId: 'alice' });
  t.match(PeerMessage.decode(frame as Uint8Array), {
    serverMediaEvent: { endpointRemoved: { endpointId: 'alice' } },
  });
});

t.test('the frames of the published client are decoded', async (t) => {
  const { PeerMessage } = await importCloudClient();
  const said = (message: object) =>
    cloudCodec.decode(fromBinary(PeerMessageSchema, PeerMessage.encode(message).finish()));
  const layer = { trackId: 't', variant: 2 };

  t.strictSame(said({ peerMediaEvent: { connect: { metadataJson: '{"a":1}' } } }), {
    type: 'connect',
    metadata: { a: 1 },
  });
  t.equal(said({ peerMediaEvent: { disconnect: {} } }), undefined);
  t.strictSame(said({ peerMediaEvent: { updateEndpointMetadata: { metadataJson: '1' } } }), {
    type: 'updateEndpointMetadata',
    metadata: 1,
  });
  t.strictSame(said({ peerMediaEvent: { updateTrackMetadata: { trackId: 't', metadataJson: '1' } } }), {
    type: 'updateTrackMetadata',
    trackId: 't',
    metadata: 1,
  });
  t.strictSame(said({ peerMediaEvent: { renegotiateTracks: {} } }), { type: 'renegotiateTracks' });
  const candidate = { candidate: 'candidate:1', sdpMLineIndex: 1, sdpMid: '1', usernameFragment: 'u' };
  t.equal(said({ peerMediaEvent: { candidate } }), undefined);
  const bitrates = { trackId: 'a', variantBitrates: [{ variant: 3, bitrate: 1_500_000 }] };
  const sdpOffer = {
    sdp: 'v=0',
    trackIdToMetadataJson: { a: '"camera"' },
    trackIdToBitrates: { a: bitrates },
    midToTrackId: { 0: 'a' },
  };
  t.same(said({ peerMediaEvent: { sdpOffer } }), {
    type: 'sdpOffer',
    sdp: 'v=0',
    trackMetadata: { a: 'camera' },
    midToTrackId: { 0: 'a' },
  });
  t.equal(said({ peerMediaEvent: { trackBitrates: bitrates } }), undefined);
  const event = { trackId: 't', encoding: 'm' };
  t.strictSame(said({ peerMediaEvent: { enableTrackVariant: layer } }), { type: 'enableTrackEncoding', ...event });
  t.strictSame(said({ peerMediaEvent: { disableTrackVariant: layer } }), { type: 'disableTrackEncoding', ...event });
  t.strictSame(said({ peerMediaEvent: { setTargetTrackVariant: layer } }), { type: 'setTargetTrackVariant', ...event });
  t.equal(said({ peerMediaEvent: { unmuteTrack: { trackId: 't' } } }), undefined);
});

t.test('an event that this generation does not know has no frame', async (t) => {
  t.equal(cloudCodec.encode({ type: 'bandwidthEstimation', estimation: 1 }), undefined);
});

t.test('messages of other kinds are undefined', async (t) => {
  for (const content of [
    { case: undefined },
    { case: 'authenticated', value: {} },
    { case: 'authRequest', value: { token: 'x', sdkVersion: 'web-0.25.1' } },
    { case: 'mediaEvent', value: { data: '{"type":"connect","data":{"metadata":null}}' } },
    { case: 'mediaEvent', value: { data: '{' } },
    { case: 'rtcStatsReport', value: { data: '{' } },
    { case: 'serverMediaEvent', value: { content: { case: 'connected', value: {} } } },
  ] as const) {
    t.equal(cloudCodec.decode(create(PeerMessageSchema, { content: content as never })), undefined);
  }
});

t.test('metadata that is not JSON is a malformed event', async (t) => {
  const value = { content: { case: 'connect', value: { metadataJson: '{' } } } as const;
  const message = create(PeerMessageSchema, { content: { case: 'peerMediaEvent', value } });
  t.throws(() => cloudCodec.decode(message), MalformedEventError);
});
