import { createRequire } from 'node:module';
import type { types } from 'mediasoup';

/** The payload types and header extension ids of a client that makes the offer, by those of the router. */
export interface EgressNumbers {
  /** The client's payload type (1-127) by the router's, for every media and RTX codec to be consumed. */
  payloadTypes: Record<number, number>;
  /** The client's header extension id (1-14, RFC 8285 one-byte form) by extension URI. */
  extensionIds: Record<string, number>;
}

/** RTP capabilities that carry numbers through mediasoup's `consume()` to the replaced function below. */
export type EgressRtpCapabilities = types.RtpCapabilities & { egress: EgressNumbers };

type GetConsumerRtpParameters = typeof import('mediasoup/ortc').getConsumerRtpParameters;

/** Codec parameter that the patched worker reads (workers/mediasoup/include/RTC/EgressRemap.hpp). */
const EGRESS_PAYLOAD_TYPE = 'x-egress-pt';

const FUNCTION_NAME = 'getConsumerRtpParameters';

const installed = new WeakSet<GetConsumerRtpParameters>();

/**
 * RTP capabilities for `consume()` on a WebRtcTransport whose client chose the numbers in its offer. Header extensions
 * without a number are left out.
 *
 * @param rtpCapabilities those of the router (its payload types and extension ids), reduced to what the client accepts
 * @throws RangeError when a number is outside its range
 */
export function withEgress(rtpCapabilities: types.RtpCapabilities, numbers: EgressNumbers): EgressRtpCapabilities {
  for (const payloadType of Object.values(numbers.payloadTypes)) assertInteger('payload type', payloadType, 127);
  for (const id of Object.values(numbers.extensionIds)) assertInteger('header extension id', id, 14);
  return {
    ...rtpCapabilities,
    headerExtensions: rtpCapabilities.headerExtensions?.filter(({ uri }) => numbers.extensionIds[uri] !== undefined),
    egress: numbers,
  };
}

/**
 * Makes mediasoup's `consume()` accept capabilities of {@link withEgress}. To be called once at start; further calls do nothing.
 * mediasoup has no hook for this, but calls the function that is replaced here through the exports of its public subpath
 * `mediasoup/ortc`.
 *
 * @param ortc the CommonJS exports object of `mediasoup/ortc`
 * @throws Error when mediasoup no longer has the function, or does not let it be replaced
 */
export function installEgressRemap(
  ortc: Record<string, unknown> = createRequire(import.meta.url)('mediasoup/ortc'),
): void {
  const original = ortc[FUNCTION_NAME] as GetConsumerRtpParameters;
  if (typeof original !== 'function') throw new Error(`mediasoup/ortc has no function ${FUNCTION_NAME} any more`);
  if (installed.has(original)) return;

  const replacement: GetConsumerRtpParameters = (options) => {
    const rtpParameters = original(options);
    const { egress } = options.remoteRtpCapabilities as Partial<EgressRtpCapabilities>;
    return egress ? translate(rtpParameters, egress) : rtpParameters;
  };
  ortc[FUNCTION_NAME] = replacement;
  if (ortc[FUNCTION_NAME] !== replacement) throw new Error(`${FUNCTION_NAME} of mediasoup/ortc cannot be replaced`);
  installed.add(replacement);
}

/**
 * Self-check at start: consumes once with made-up numbers and checks what reached the worker, so that an update of
 * mediasoup cannot disable the remap silently. Takes a few milliseconds.
 *
 * @throws Error when `consume()` bypasses the remap
 */
export async function verifyEgressRemap(worker: types.Worker): Promise<void> {
  const mimeType = 'audio/opus';
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType, clockRate: 48000, channels: 2 }],
  });
  try {
    const payloadType = router.rtpCapabilities.codecs?.[0]?.preferredPayloadType ?? 0;
    const egressPayloadType = payloadType === 127 ? 126 : 127;
    const transport = await router.createDirectTransport();
    const producer = await transport.produce({
      kind: 'audio',
      rtpParameters: { codecs: [{ mimeType, payloadType, clockRate: 48000, channels: 2 }], encodings: [{ ssrc: 1 }] },
    });
    const numbers = { payloadTypes: { [payloadType]: egressPayloadType }, extensionIds: {} };
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: withEgress(router.rtpCapabilities, numbers),
    });
    const { rtpParameters } = await consumer.dump();
    if (rtpParameters?.codecs[0]?.parameters?.[EGRESS_PAYLOAD_TYPE] !== egressPayloadType) {
      throw new Error('mediasoup does not pass the egress remap on to its worker any more');
    }
  } finally {
    router.close();
  }
}

/** Keeps the router's payload types, with the client's as a codec parameter, and replaces the extension ids by the client's. */
function translate(
  rtpParameters: types.RtpParameters,
  { payloadTypes, extensionIds }: EgressNumbers,
): types.RtpParameters {
  return {
    ...rtpParameters,
    codecs: rtpParameters.codecs.map((codec) => {
      const egressPayloadType = payloadTypes[codec.payloadType];
      if (egressPayloadType === undefined) {
        throw new Error(`No egress payload type for ${codec.mimeType} (${codec.payloadType})`);
      }
      return { ...codec, parameters: { ...codec.parameters, [EGRESS_PAYLOAD_TYPE]: egressPayloadType } };
    }),
    // The extension objects are shared with the producer, so they must not be changed in place.
    headerExtensions: rtpParameters.headerExtensions?.map((extension) => {
      const id = extensionIds[extension.uri];
      if (id === undefined) throw new Error(`No egress id for the header extension ${extension.uri}`);
      return { ...extension, id };
    }),
  };
}

function assertInteger(what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) throw new RangeError(`Bad egress ${what}: ${value}`);
}
