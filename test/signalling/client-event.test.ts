import t from 'tap';
import { checkClientEvent, OversizedEventError, standardMaxMetadata } from '../../src/signalling/client-event.ts';
import { readCloudClientEvent } from '../../src/signalling/cloud-client-event.ts';
import { readJsonClientEvent } from '../../src/signalling/json-client-event.ts';

const offer = (parts: object) => ({ type: 'sdpOffer', sdp: 'v=0', trackMetadata: {}, midToTrackId: {}, ...parts });
const entries = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

t.test('valid events are kept as they are', async (t) => {
  for (const event of [
    { type: 'connect', metadata: null },
    { type: 'renegotiateTracks' },
    { type: 'setTargetTrackVariant', trackId: 't', encoding: 'l' },
    { type: 'enableTrackEncoding', trackId: 't', encoding: 'm' },
    { type: 'disableTrackEncoding', trackId: 't', encoding: 'h' },
    { type: 'updateEndpointMetadata', metadata: { a: 1 } },
    { type: 'updateTrackMetadata', trackId: 't', metadata: [] },
  ]) {
    t.strictSame(checkClientEvent(event), event);
  }
});

t.test('unknown members are dropped', async (t) => {
  t.strictSame(checkClientEvent({ type: 'renegotiateTracks', metadata: 1 }), { type: 'renegotiateTracks' });
});

t.test('unknown types and wrong shapes are refused', async (t) => {
  for (const value of [
    undefined,
    null,
    'connect',
    [],
    {},
    { type: 'constructor' },
    { type: '__proto__' },
    { type: 'disconnect' },
    { type: 'connect' },
    { type: 'setTargetTrackVariant', trackId: 't', encoding: 'x' },
    { type: 'setTargetTrackVariant', trackId: 't', encoding: undefined },
    { type: 'setTargetTrackVariant', trackId: 7, encoding: 'l' },
    { type: 'updateTrackMetadata', trackId: 't' },
    offer({ sdp: undefined }),
    offer({ trackMetadata: undefined }),
    offer({ midToTrackId: [] }),
    offer({ midToTrackId: { 0: 1 } }),
  ]) {
    t.equal(checkClientEvent(value), undefined);
  }
});

t.test('ids that are too long, empty or not well-formed are refused', async (t) => {
  const withId = (trackId: string) => checkClientEvent({ type: 'updateTrackMetadata', trackId, metadata: 0 });
  t.ok(withId('i'.repeat(256)));
  for (const id of ['', 'i'.repeat(257), '__proto__', 'lone \ud800']) {
    t.equal(withId(id), undefined);
    t.equal(checkClientEvent(offer({ midToTrackId: { 0: id } })), undefined);
  }
  t.ok(checkClientEvent(offer({ midToTrackId: { ['i'.repeat(256)]: 'a' } })));
  t.equal(checkClientEvent(offer({ midToTrackId: { ['i'.repeat(257)]: 'a' } })), undefined);
  t.equal(checkClientEvent(offer({ trackMetadata: { ['i'.repeat(257)]: 'a' } })), undefined);
});

t.test('an offer that is too long or has too many entries is refused', async (t) => {
  t.ok(checkClientEvent(offer({ midToTrackId: entries(500, 'a'), trackMetadata: entries(500, null) })));
  t.equal(checkClientEvent(offer({ midToTrackId: entries(501, 'a') })), undefined);
  t.equal(checkClientEvent(offer({ trackMetadata: entries(501, null) })), undefined);
  t.ok(checkClientEvent(offer({ sdp: 'v'.repeat(4_000_000) })));
  t.equal(checkClientEvent(offer({ sdp: 'v'.repeat(4_000_001) })), undefined);
});

t.test('maps have no inherited members', async (t) => {
  const event = checkClientEvent(
    offer({
      trackMetadata: JSON.parse('{"__proto__":{"polluted":true},"toString":1,"a":{"b":2}}'),
      midToTrackId: { constructor: 'a' },
    }),
  );
  if (event?.type !== 'sdpOffer') return t.fail('not the offer');
  t.equal(Object.getPrototypeOf(event.trackMetadata), null);
  t.equal(Object.getPrototypeOf(event.midToTrackId), null);
  t.strictSame(Object.entries(event.trackMetadata), [
    ['toString', 1],
    ['a', { b: 2 }],
  ]);
  t.strictSame(Object.entries(event.midToTrackId), [['constructor', 'a']]);
  t.notOk('polluted' in {});
});

t.test('metadata has a limit, in bytes of JSON, for all of an event', async (t) => {
  const fits = 'ä'.repeat(standardMaxMetadata / 2 - 1);
  t.ok(checkClientEvent({ type: 'updateEndpointMetadata', metadata: fits }));
  t.ok(checkClientEvent(offer({ trackMetadata: { a: fits } })));
  for (const type of ['updateEndpointMetadata', 'updateTrackMetadata', 'connect'] as const) {
    const event = { type, trackId: 't', metadata: `${fits}x` };
    t.throws(() => checkClientEvent(event), OversizedEventError, type);
    t.equal(new OversizedEventError(1, type).isFatal, type === 'connect', type);
    t.ok(checkClientEvent(event, standardMaxMetadata + 1));
  }
  t.throws(() => checkClientEvent(offer({ trackMetadata: { a: fits, b: 1 } })), OversizedEventError);
});

t.test('metadata that is far too long is refused before it is parsed', async (t) => {
  const members = `{${Array.from({ length: 330_000 }, (_, index) => `"key${index}":1`).join()}}`;
  const cpu = process.threadCpuUsage();
  t.throws(
    () => readJsonClientEvent(`{"type":"updateEndpointMetadata","data":{"metadata":${members}}}`),
    OversizedEventError,
  );
  for (const metadataJson of [members, '['.repeat(4_000_000)]) {
    for (const type of ['connect', 'updateEndpointMetadata', 'updateTrackMetadata'] as const) {
      const content = { case: type, value: { metadataJson, trackId: 't' } };
      t.throws(() => readCloudClientEvent({ content } as never), OversizedEventError);
    }
    const value = { sdp: '', midToTrackId: {}, trackIdToMetadataJson: { a: metadataJson } };
    t.throws(() => readCloudClientEvent({ content: { case: 'sdpOffer', value } } as never), OversizedEventError);
  }
  const { user, system } = process.threadCpuUsage(cpu);
  t.ok((user + system) / 1000 < 200, 'in next to no time');
});
