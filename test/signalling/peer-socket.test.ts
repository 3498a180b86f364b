import { create, fromBinary } from '@bufbuild/protobuf';
import t from 'tap';
import { PeerMessage_AuthRequestSchema, PeerMessageSchema } from '../../src/protobuf/peer_notifications_pb.js';
import { cloudCodec } from '../../src/signalling/cloud-codec.ts';
import { jsonCodec } from '../../src/signalling/json-codec.ts';
import { codecFor } from '../../src/signalling/peer-socket.ts';
import { importCloudClient, importLegacyClient, type PublishedPeerMessage } from './published-clients.ts';

/** The codec for a client with this first frame. */
function codecAfter(PeerMessage: PublishedPeerMessage, authRequest: object) {
  const { content } = fromBinary(PeerMessageSchema, PeerMessage.encode({ authRequest }).finish());
  if (content.case !== 'authRequest') throw new Error(`Read ${content.case}`);
  return codecFor(content.value);
}

t.test('a client without a version gets the codec of the older generation', async (t) => {
  const { PeerMessage } = await importLegacyClient();
  t.equal(codecAfter(PeerMessage, { token: 'x' }), jsonCodec);
  t.equal(codecFor(create(PeerMessage_AuthRequestSchema, { token: 'x', sdkVersion: '' })), jsonCodec);
});

t.test('a client with a version gets the codec of the newer generation', async (t) => {
  const { PeerMessage } = await importCloudClient();
  t.equal(codecAfter(PeerMessage, { token: 'x', sdkVersion: 'web-0.25.1' }), cloudCodec);
});
