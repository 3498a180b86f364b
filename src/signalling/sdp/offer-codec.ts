import { type MediaDescription, parseParams } from 'sdp-transform';

/** A codec of an m-line, with the payload type of its retransmissions. */
export interface OfferCodec {
  readonly payloadType: number;
  /** As mediasoup writes it: `audio/opus`, `video/VP8`, `video/H264`; other codecs as offered. */
  readonly mimeType: string;
  /** In Hz. */
  readonly clockRate: number;
  readonly channels: number | undefined;
  readonly parameters: Readonly<Record<string, string | number>>;
  /** The fmtp line as offered. */
  readonly format: string | undefined;
  readonly feedback: readonly { readonly type: string; readonly subtype: string | undefined }[];
  readonly rtxPayloadType: number | undefined;
}

const knownMimeTypes = new Map(['audio/opus', 'video/VP8', 'video/H264'].map((type) => [type.toLowerCase(), type]));

/** The media codecs of an m-line, in order of preference. */
export function offerCodecs(media: MediaDescription): OfferCodec[] {
  const lines = new Map(media.rtp.map((line) => [line.payload, line]));
  const formats = new Map(media.fmtp.map(({ payload, config }) => [payload, config]));
  const rtx = new Map<number, number>();
  for (const { payload, codec } of media.rtp) {
    if (codec.toLowerCase() !== 'rtx') continue;
    rtx.set(Number(parseParams(formats.get(payload) ?? '')['apt']), payload);
  }
  return preferredPayloads(media).flatMap((payloadType) => {
    const line = lines.get(payloadType);
    if (!line || line.codec.toLowerCase() === 'rtx') return [];
    const offered = `${media.type}/${line.codec}`;
    const format = formats.get(payloadType);
    return {
      payloadType,
      mimeType: knownMimeTypes.get(offered.toLowerCase()) ?? offered,
      clockRate: line.rate ?? 0,
      channels: line.encoding === undefined ? undefined : Number(line.encoding),
      parameters: formatParameters(format),
      format,
      feedback: feedback(media, payloadType),
      rtxPayloadType: rtx.get(payloadType),
    };
  });
}

/**
 * The first codec of an m-line with one of these MIME types. H264 matches in constrained baseline profile with packetization mode 1
 * only, which every client can decode.
 */
export function findCodec(codecs: readonly OfferCodec[], mimeTypes: readonly string[]): OfferCodec | undefined {
  return codecs.find((codec) => mimeTypes.includes(codec.mimeType) && isUsable(codec));
}

function isUsable(codec: OfferCodec): boolean {
  if (codec.mimeType !== 'video/H264') return true;
  const profile = String(codec.parameters['profile-level-id'] ?? '');
  const constrained = (Number.parseInt(profile.slice(2, 4), 16) & 0x40) !== 0;
  return Number(codec.parameters['packetization-mode']) === 1 && profile.startsWith('42') && constrained;
}

function preferredPayloads(media: MediaDescription): number[] {
  // The parser returns a single payload type as a number.
  const payloads = String(media.payloads ?? '')
    .split(' ')
    .map(Number);
  return payloads.filter((payload) => Number.isInteger(payload) && payload >= 0 && payload <= 127);
}

function formatParameters(format: string | undefined): OfferCodec['parameters'] {
  const parameters = (format === undefined ? {} : parseParams(format)) as Record<string, string | number>;
  const profile = parameters['profile-level-id'];
  return profile === undefined ? parameters : { ...parameters, 'profile-level-id': String(profile) };
}

function feedback(media: MediaDescription, payloadType: number): OfferCodec['feedback'] {
  const lines = (media.rtcpFb ?? []).filter(
    ({ payload }) => String(payload) === String(payloadType) || String(payload) === '*',
  );
  return lines.map(({ type, subtype }) => ({ type, subtype }));
}
