import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import t from 'tap';
import { PeerMessageSchema } from '../../src/protobuf/peer_notifications_pb.js';
import { jsonCodec } from '../../src/signalling/json-codec.ts';
import { MalformedEventError } from '../../src/signalling/json-text.ts';
import { importLegacyClient } from './published-clients.ts';
import { alice } from './server-event-samples.ts';

t.test('the authentication response is an empty message', async (t) => {
  t.strictSame([...jsonCodec.authenticated()], [0x0a, 0x00]);
});

t.test('the published client decodes our frames', async (t) => {
  const { PeerMessage } = await importLegacyClient();
  t.match(PeerMessage.decode(jsonCodec.authenticated()), { authenticated: {} });
  const frame = jsonCodec.encode({ type: 'endpointUpdated', endpoint: alice });
  t.match(PeerMessage.decode(frame as Uint8Array), {
    mediaEvent: { data: '{"type":"endpointUpdated","data":{"id":"alice","metadata":{"name":"Alice"}}}' },
  });
});

t.test('the frames of the published client are decoded', async (t) => {
  const { PeerMessage } = await importLegacyClient();
  const data = '{"type":"custom","data":{"type":"renegotiateTracks"}}';
  const frame = PeerMessage.encode({ mediaEvent: { data } }).finish();
  t.strictSame(jsonCodec.decode(fromBinary(PeerMessageSchema, frame)), { type: 'renegotiateTracks' });
});

t.test('every event has a frame, the same one each time', async (t) => {
  const event = { type: 'bandwidthEstimation', estimation: 1 } as const;
  t.ok(jsonCodec.encode(event));
  t.strictSame(jsonCodec.encode(event), jsonCodec.encode(event));
});

t.test('messages of other kinds are undefined', async (t) => {
  for (const content of [
    { case: undefined },
    { case: 'authenticated', value: {} },
    { case: 'authRequest', value: { token: 'x' } },
    { case: 'rtcStatsReport', value: { data: '{' } },
    { case: 'peerMediaEvent', value: { content: { case: 'renegotiateTracks', value: {} } } },
    { case: 'serverMediaEvent', value: {} },
  ] as const) {
    t.equal(jsonCodec.decode(create(PeerMessageSchema, { content: content as never })), undefined);
  }
});

t.test('a media event that is not JSON is a malformed event', async (t) => {
  const message = create(PeerMessageSchema, { content: { case: 'mediaEvent', value: { data: '{"type":' } } });
  t.throws(() => jsonCodec.decode(message), MalformedEventError);
  const empty = fromBinary(PeerMessageSchema, toBinary(PeerMessageSchema, create(PeerMessageSchema)));
  t.equal(jsonCodec.decode(empty), undefined);
});
