import type { RtpCapabilities, RtpEncodingParameters, RtpParameters } from 'mediasoup/types';
import type { Encoding } from '../../room/track.ts';
import type { EgressNumbers } from '../../sfu/egress-remap.ts';
import { negotiatedExtensions } from './header-extensions.ts';
import type { OfferSection } from './offer.ts';
import type { OfferCodec } from './offer-codec.ts';

const encodings: readonly Encoding[] = ['l', 'm', 'h'];

/** The known simulcast layers of an m-line, lowest first, whatever their order in the offer. */
export function simulcastEncodings(section: OfferSection): Encoding[] {
  return encodings.filter((encoding) => section.rids.includes(encoding));
}

/** The RTCP feedback that is accepted. REMB is not: transport-cc replaces it. */
export function negotiatedFeedback(codec: OfferCodec): { type: string; subtype: string | undefined }[] {
  const wanted = ['nack', 'nack pli', 'ccm fir', 'transport-cc'];
  return codec.feedback.filter(({ type, subtype }) => wanted.includes(subtype ? `${type} ${subtype}` : type));
}

/** The RTP parameters of a producer for an m-line on which a client sends. @param layers empty without simulcast */
export function producerParameters(
  section: OfferSection,
  codec: OfferCodec,
  layers: readonly Encoding[],
  known: RtpCapabilities,
): RtpParameters {
  const { mimeType, payloadType, clockRate, rtxPayloadType } = codec;
  const own = known.codecs?.find((candidate) => candidate.mimeType === mimeType);
  // Opus has two channels on the wire, RFC 7587 section 7, whatever a client writes.
  const channels = own?.channels ?? codec.channels;
  // The router would take H264 in its own format only, although it forwards all alike.
  const parameters = { ...codec.parameters, ...(mimeType === 'video/H264' && own?.parameters) };
  const rtcpFeedback = negotiatedFeedback(codec).map(({ type, subtype }) => ({ type, parameter: subtype ?? '' }));
  const media = { mimeType, payloadType, clockRate, ...(channels ? { channels } : {}), parameters, rtcpFeedback };
  const rtx =
    rtxPayloadType === undefined
      ? []
      : [{ mimeType: 'video/rtx', payloadType: rtxPayloadType, clockRate, parameters: { apt: payloadType } }];
  const knownUris = new Set<string>(known.headerExtensions?.map(({ uri }) => uri));
  return {
    mid: section.mid,
    codecs: [media, ...rtx],
    headerExtensions: negotiatedExtensions(section).filter(({ uri }) =>
      knownUris.has(uri),
    ) as RtpParameters['headerExtensions'],
    encodings: producerEncodings(section, codec, layers),
    rtcp: section.cname ? { cname: section.cname } : {},
  } as RtpParameters;
}

function producerEncodings(
  section: OfferSection,
  codec: OfferCodec,
  layers: readonly Encoding[],
): RtpEncodingParameters[] {
  // Chromium sends three temporal layers in VP8 simulcast, one in H264.
  const scalabilityMode = codec.mimeType === 'video/VP8' ? 'L1T3' : 'L1T1';
  if (layers.length > 0) return layers.map((rid) => ({ rid, scalabilityMode }));
  const { ssrc, rtxSsrc } = section;
  // A simulcast offer that is answered without simulcast has no SSRC: its first layer is sent (RFC 8829, section 5.11), and the others may
  // already have sent a packet. Without layers, packets are matched by their mid.
  if (ssrc === undefined) return [section.rids[0] === undefined ? {} : { rid: section.rids[0] }];
  return [{ ssrc, ...(rtxSsrc === undefined ? {} : { rtx: { ssrc: rtxSsrc } }) }];
}

/** The part of the router's capabilities that an m-line can receive, and the client's numbers for it. */
export function consumerCapabilities(
  section: OfferSection,
  codec: OfferCodec,
  router: RtpCapabilities,
): { rtpCapabilities: RtpCapabilities; numbers: EgressNumbers } {
  const payloadTypes: Record<number, number> = {};
  const codecs = (router.codecs ?? []).filter((candidate) => {
    const payloadType = candidate.preferredPayloadType ?? 0;
    if (candidate.mimeType === codec.mimeType) payloadTypes[payloadType] = codec.payloadType;
    const apt = candidate.parameters?.['apt'];
    if (codec.rtxPayloadType !== undefined && apt !== undefined && payloadTypes[Number(apt)] !== undefined) {
      payloadTypes[payloadType] = codec.rtxPayloadType;
    }
    return payloadTypes[payloadType] !== undefined;
  });
  const extensionIds = Object.fromEntries(negotiatedExtensions(section).map(({ uri, id }) => [uri, id]));
  const headerExtensions = (router.headerExtensions ?? []).filter(
    ({ kind, uri }) => kind === section.kind && extensionIds[uri] !== undefined,
  );
  const feedback = new Set(negotiatedFeedback(codec).map(({ type, subtype }) => `${type} ${subtype ?? ''}`));
  const reduced = codecs.map((candidate) => ({
    ...candidate,
    rtcpFeedback: candidate.rtcpFeedback?.filter(({ type, parameter }) => feedback.has(`${type} ${parameter ?? ''}`)),
  }));
  return { rtpCapabilities: { codecs: reduced, headerExtensions }, numbers: { payloadTypes, extensionIds } };
}
