import { createRequire } from 'node:module';
import { createWorker } from 'mediasoup';
import t from 'tap';
import { installEgressRemap, verifyEgressRemap, withEgress } from '../../src/sfu/egress-remap.ts';
import { workerBinary } from '../../src/sfu/worker-binary.ts';

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const ORIENTATION = 'urn:3gpp:video-orientation';

const capabilities = () => ({
  codecs: [{ kind: 'video', mimeType: 'video/VP8', clockRate: 90000, preferredPayloadType: 101 } as const],
  headerExtensions: [
    { kind: 'video', uri: MID, preferredId: 1 } as const,
    { kind: 'video', uri: ORIENTATION, preferredId: 8 } as const,
  ],
});

const rtpParameters = () => ({
  codecs: [{ mimeType: 'video/VP8', clockRate: 90000, payloadType: 101, parameters: { a: 1 } }],
  headerExtensions: [{ uri: MID, id: 1 }],
});

/** Stands in for the exports of mediasoup/ortc: its result is what the replacement translates. */
function ortcThatAnswers(answer: object) {
  const ortc = { getConsumerRtpParameters: (_options: object) => answer };
  installEgressRemap(ortc);
  return ortc;
}

t.test('capabilities with egress numbers', async (t) => {
  t.test('the numbers of the router are kept, and extensions without a number are left out', async (t) => {
    const numbers = { payloadTypes: { 101: 45 }, extensionIds: { [MID]: 4 } };
    const before = capabilities();
    const egress = withEgress(before, numbers);
    t.same(egress.codecs, capabilities().codecs);
    t.same(egress.headerExtensions, [capabilities().headerExtensions[0]]);
    t.same(egress.egress, numbers);
    t.same(before, capabilities(), 'what it was given is unchanged');
  });

  t.test('numbers outside their range are refused', async (t) => {
    for (const payloadType of [0, 128, 1.5]) {
      t.throws(() => withEgress(capabilities(), { payloadTypes: { 101: payloadType }, extensionIds: {} }), RangeError);
    }
    for (const id of [0, 15]) {
      t.throws(() => withEgress(capabilities(), { payloadTypes: {}, extensionIds: { [MID]: id } }), RangeError);
    }
  });
});

t.test('the replaced function', async (t) => {
  const numbers = { payloadTypes: { 101: 45 }, extensionIds: { [MID]: 4 } };

  t.test('payload types are added and extension ids replaced, in copies', async (t) => {
    const answer = rtpParameters();
    const ortc = ortcThatAnswers(answer);
    t.same(ortc.getConsumerRtpParameters({ remoteRtpCapabilities: { egress: numbers } }), {
      codecs: [{ mimeType: 'video/VP8', clockRate: 90000, payloadType: 101, parameters: { a: 1, 'x-egress-pt': 45 } }],
      headerExtensions: [{ uri: MID, id: 4 }],
    });
    t.same(answer, rtpParameters(), 'mediasoup shares these objects with the producer');
  });

  t.test('other consumers are not changed', async (t) => {
    const answer = rtpParameters();
    t.equal(ortcThatAnswers(answer).getConsumerRtpParameters({ remoteRtpCapabilities: {} }), answer);
  });

  t.test('a codec or an extension without a number is an error', async (t) => {
    const ortc = ortcThatAnswers(rtpParameters());
    const consume = (egress: object) => ortc.getConsumerRtpParameters({ remoteRtpCapabilities: { egress } });
    t.throws(() => consume({ ...numbers, payloadTypes: {} }), {
      message: 'No egress payload type for video/VP8 (101)',
    });
    t.throws(() => consume({ ...numbers, extensionIds: {} }), {
      message: `No egress id for the header extension ${MID}`,
    });
  });
});

t.test('replacing the function of mediasoup', async (t) => {
  t.test('the function is replaced once', async (t) => {
    const ortc = ortcThatAnswers({});
    const replacement = ortc.getConsumerRtpParameters;
    installEgressRemap(ortc);
    t.equal(ortc.getConsumerRtpParameters, replacement);
  });

  t.test('it fails when mediasoup has no such function or does not let it be replaced', async (t) => {
    t.throws(() => installEgressRemap({}), { message: /getConsumerRtpParameters/ });
    t.throws(() => installEgressRemap(Object.freeze({ getConsumerRtpParameters: () => {} })));
  });
});

t.test('the self-check detects a consume() that bypasses the remap', async (t) => {
  const worker = await createWorker({ workerBin: workerBinary() });
  t.teardown(() => worker.close());
  const ortc = createRequire(import.meta.url)('mediasoup/ortc');
  const original = ortc.getConsumerRtpParameters;

  await t.rejects(verifyEgressRemap(worker), { message: /does not pass the egress remap on/ });
  installEgressRemap();
  t.teardown(() => {
    ortc.getConsumerRtpParameters = original;
  });
  await verifyEgressRemap(worker);
  t.same((await worker.dump()).routerIds, [], 'nothing is left of it');
});
