import t from 'tap';
import { readJsonClientEvent } from '../../src/signalling/json-client-event.ts';
import { MalformedEventError } from '../../src/signalling/json-text.ts';
import { importLegacyClient } from './published-clients.ts';

const read = (type: string, data?: unknown) => readJsonClientEvent(JSON.stringify({ type, data }));
const readCustom = (type: string, data?: unknown) => read('custom', { type, data });

const offer = {
  sdpOffer: { type: 'offer', sdp: 'v=0' },
  trackIdToTrackMetadata: { 'alice:1': { type: 'camera' } },
  trackIdToTrackBitrates: { 'alice:1': { l: 1, m: 2, h: 3 }, 'alice:2': 50_000 },
  midToTrackId: { 0: 'alice:1', 1: 'alice:2' },
};
const { trackIdToTrackBitrates, ...offerWithoutBitrates } = offer;

t.test('events that are not wrapped are read', async (t) => {
  t.strictSame(read('connect', { metadata: { name: 'Alice' } }), { type: 'connect', metadata: { name: 'Alice' } });
  t.strictSame(read('connect', { metadata: null }), { type: 'connect', metadata: null });
  t.strictSame(read('updateEndpointMetadata', { metadata: 7 }), { type: 'updateEndpointMetadata', metadata: 7 });
  t.strictSame(read('updateTrackMetadata', { trackId: 't', trackMetadata: 'x' }), {
    type: 'updateTrackMetadata',
    trackId: 't',
    metadata: 'x',
  });
  for (const type of ['enableTrackEncoding', 'disableTrackEncoding']) {
    for (const encoding of ['l', 'm', 'h']) {
      t.strictSame(read(type, { trackId: 't', encoding }), { type, trackId: 't', encoding });
    }
  }
});

t.test('events that are wrapped in a custom event are read', async (t) => {
  t.strictSame(readCustom('renegotiateTracks'), { type: 'renegotiateTracks' });
  t.strictSame(readCustom('renegotiateTracks', {}), { type: 'renegotiateTracks' });
  for (const data of [offer, offerWithoutBitrates]) {
    t.same(readCustom('sdpOffer', data), {
      type: 'sdpOffer',
      sdp: 'v=0',
      trackMetadata: { 'alice:1': { type: 'camera' } },
      midToTrackId: { 0: 'alice:1', 1: 'alice:2' },
    });
  }
  t.strictSame(readCustom('setTargetTrackVariant', { trackId: 't', variant: 'm' }), {
    type: 'setTargetTrackVariant',
    trackId: 't',
    encoding: 'm',
  });
});

t.test('events that need no action are undefined', async (t) => {
  t.equal(read('disconnect'), undefined);
  t.equal(read('muteTrack', { trackId: 't' }), undefined);
  t.equal(read('unmuteTrack', { trackId: 't' }), undefined);
  t.equal(readCustom('candidate', { candidate: 'candidate:1', sdpMLineIndex: 0 }), undefined);
  t.equal(readCustom('trackVariantBitrates', { trackId: 't', variantBitrates: { h: 1 } }), undefined);
  t.equal(readCustom('prioritizeTrack', { trackId: 't' }), undefined);
  t.equal(readCustom('unprioritizeTrack', { trackId: 't' }), undefined);
  const sizes = { bigScreens: 1, mediumScreens: 0, smallScreens: 0, allSameSize: false };
  t.equal(readCustom('preferedVideoSizes', sizes), undefined);
});

t.test('events of unknown types are undefined', async (t) => {
  for (const type of ['nothing', '', '__proto__', 'constructor', 'toString']) {
    t.equal(read(type, { metadata: null }), undefined);
    t.equal(readCustom(type, { metadata: null }), undefined);
  }
});

t.test('events in the wrong wrapping are undefined', async (t) => {
  t.equal(read('renegotiateTracks'), undefined);
  t.equal(read('sdpOffer', offer), undefined);
  t.equal(readCustom('connect', { metadata: null }), undefined);
  t.equal(readCustom('custom', { type: 'renegotiateTracks' }), undefined);
});

t.test('events of the wrong shape are undefined', async (t) => {
  for (const text of ['null', '1', '"connect"', '[]', '{}', '{"type":null}', '{"type":["connect"]}', '{"data":{}}']) {
    t.equal(readJsonClientEvent(text), undefined);
  }
  for (const data of [undefined, null, 1, 'text', [], {}]) {
    t.equal(read('connect', data), undefined);
    t.equal(read('updateTrackMetadata', data), undefined);
    t.equal(read('disableTrackEncoding', data), undefined);
    t.equal(read('custom', data), undefined);
    t.equal(readCustom('sdpOffer', data), undefined);
    t.equal(readCustom('setTargetTrackVariant', data), undefined);
  }
  t.equal(readCustom('sdpOffer', { ...offer, sdpOffer: { type: 'answer', sdp: 'v=0' } }), undefined);
  t.equal(readCustom('sdpOffer', { ...offer, sdpOffer: 'v=0' }), undefined);
  t.equal(readCustom('sdpOffer', { ...offer, midToTrackId: undefined }), undefined);
});

t.test('a text that is not JSON is a malformed event', async (t) => {
  t.throws(() => readJsonClientEvent('{"type":'), MalformedEventError);
  t.throws(() => readJsonClientEvent(''), MalformedEventError);
});

t.test('the events of the published client are read', async (t) => {
  const { WebRTCEndpoint } = await importLegacyClient();
  const said: unknown[] = [];
  const endpoint = new WebRTCEndpoint({});
  endpoint.on('sendMediaEvent', (text: string) => said.push(readJsonClientEvent(text)));
  endpoint.connect({ name: 'Alice' });
  endpoint.updateEndpointMetadata({ name: 'Al' });
  endpoint.disconnect();
  t.strictSame(said, [
    { type: 'connect', metadata: { name: 'Alice' } },
    { type: 'updateEndpointMetadata', metadata: { name: 'Al' } },
    undefined,
  ]);
});
