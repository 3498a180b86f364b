import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import t from 'tap';
import { MediaEventSchema } from '../../src/protobuf/media_events/peer_pb.js';
import { readCloudClientEvent } from '../../src/signalling/cloud-client-event.ts';
import { MalformedEventError } from '../../src/signalling/json-text.ts';
import { importCloudClient } from './published-clients.ts';

type Content = MessageInitShape<typeof MediaEventSchema>['content'];
const read = (content: Content) => readCloudClientEvent(create(MediaEventSchema, { content }));

t.test('metadata is read from its JSON text', async (t) => {
  const metadataJson = '{"name":"Alice"}';
  const metadata = { name: 'Alice' };
  t.strictSame(read({ case: 'connect', value: { metadataJson } }), { type: 'connect', metadata });
  t.strictSame(read({ case: 'updateEndpointMetadata', value: { metadataJson } }), {
    type: 'updateEndpointMetadata',
    metadata,
  });
  t.strictSame(read({ case: 'updateTrackMetadata', value: { trackId: 't', metadataJson } }), {
    type: 'updateTrackMetadata',
    trackId: 't',
    metadata,
  });
});

t.test('metadata that the client left out is null', async (t) => {
  t.strictSame(read({ case: 'connect', value: {} }), { type: 'connect', metadata: null });
  t.strictSame(read({ case: 'updateEndpointMetadata', value: {} }), { type: 'updateEndpointMetadata', metadata: null });
  t.strictSame(read({ case: 'updateTrackMetadata', value: { trackId: 't' } }), {
    type: 'updateTrackMetadata',
    trackId: 't',
    metadata: null,
  });
});

t.test('events of the negotiation are read', async (t) => {
  t.strictSame(read({ case: 'renegotiateTracks', value: {} }), { type: 'renegotiateTracks' });
  t.same(
    read({
      case: 'sdpOffer',
      value: {
        sdp: 'v=0',
        trackIdToMetadataJson: { 'alice:1': '{"type":"camera"}', 'alice:2': '', 'alice:3': 'null' },
        trackIdToBitrates: { 'alice:1': { trackId: 'alice:1', variantBitrates: [{ variant: 0, bitrate: 1 }] } },
        midToTrackId: { 0: 'alice:1', 1: 'alice:2' },
      },
    }),
    {
      type: 'sdpOffer',
      sdp: 'v=0',
      trackMetadata: { 'alice:1': { type: 'camera' }, 'alice:2': null, 'alice:3': null },
      midToTrackId: { 0: 'alice:1', 1: 'alice:2' },
    },
  );
  t.same(read({ case: 'sdpOffer', value: {} }), { type: 'sdpOffer', sdp: '', trackMetadata: {}, midToTrackId: {} });
});

t.test('events about simulcast layers are read', async (t) => {
  const value = { trackId: 't', variant: 3 };
  const event = { trackId: 't', encoding: 'h' };
  t.strictSame(read({ case: 'setTargetTrackVariant', value }), { type: 'setTargetTrackVariant', ...event });
  t.strictSame(read({ case: 'enableTrackVariant', value }), { type: 'enableTrackEncoding', ...event });
  t.strictSame(read({ case: 'disableTrackVariant', value }), { type: 'disableTrackEncoding', ...event });
});

t.test('events that need no action are undefined', async (t) => {
  t.equal(read({ case: 'disconnect', value: {} }), undefined);
  t.equal(read({ case: 'candidate', value: { candidate: 'candidate:1' } }), undefined);
  t.equal(read({ case: 'trackBitrates', value: { trackId: 't' } }), undefined);
  t.equal(read({ case: 'unmuteTrack', value: { trackId: 't' } }), undefined);
  t.equal(read({ case: undefined }), undefined);
  // Field 13, which is not in the description.
  t.equal(readCloudClientEvent(fromBinary(MediaEventSchema, Uint8Array.of(0x6a, 0))), undefined);
});

t.test('events that exceed a limit are undefined', async (t) => {
  for (const trackId of ['', 'i'.repeat(257), '__proto__']) {
    t.equal(read({ case: 'updateTrackMetadata', value: { trackId, metadataJson: '1' } }), undefined);
    t.equal(read({ case: 'sdpOffer', value: { midToTrackId: { 0: trackId } } }), undefined);
  }
  for (const variant of [0, 4, -1]) {
    t.equal(read({ case: 'setTargetTrackVariant', value: { trackId: 't', variant } }), undefined);
    t.equal(read({ case: 'enableTrackVariant', value: { trackId: 't', variant } }), undefined);
    t.equal(read({ case: 'disableTrackVariant', value: { trackId: 't', variant } }), undefined);
  }
  const tooMany = Object.fromEntries(Array.from({ length: 501 }, (_, mid) => [mid, 'a']));
  t.equal(read({ case: 'sdpOffer', value: { midToTrackId: tooMany } }), undefined);
  const tooDeep = '['.repeat(200) + ']'.repeat(200);
  t.equal(read({ case: 'connect', value: { metadataJson: tooDeep } }), undefined);
});

t.test('metadata that is not JSON is a malformed event', async (t) => {
  const metadataJson = '{"name":';
  t.throws(() => read({ case: 'connect', value: { metadataJson } }), MalformedEventError);
  t.throws(() => read({ case: 'updateEndpointMetadata', value: { metadataJson } }), MalformedEventError);
  t.throws(() => read({ case: 'updateTrackMetadata', value: { trackId: 't', metadataJson } }), MalformedEventError);
  t.throws(
    () => read({ case: 'sdpOffer', value: { trackIdToMetadataJson: { t: metadataJson } } }),
    MalformedEventError,
  );
});

t.test('the events of the published client are read', async (t) => {
  const { WebRTCEndpoint } = await importCloudClient();
  const said: unknown[] = [];
  const endpoint = new WebRTCEndpoint({});
  endpoint.on('sendMediaEvent', (bytes: Uint8Array) =>
    said.push(readCloudClientEvent(fromBinary(MediaEventSchema, bytes))),
  );
  endpoint.connect({ name: 'Alice' });
  endpoint.updateEndpointMetadata(undefined);
  endpoint.disconnect();
  t.strictSame(said, [
    { type: 'connect', metadata: { name: 'Alice' } },
    { type: 'updateEndpointMetadata', metadata: null },
    undefined,
  ]);
});
