import { type MediaDescription, parseParams } from 'sdp-transform';
import { commonFormat, formatDistance, type H264Format, h264Format } from '../../sfu/h264-format.ts';
import type { Publication } from '../../sfu/publication.ts';

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

/** Maximum number of feedback lines of a payload type that are read; there are fewer than ten kinds. */
const maxFeedbackLines = 50;
const knownMimeTypes = new Map(['audio/opus', 'video/VP8', 'video/H264'].map((type) => [type.toLowerCase(), type]));

/** The media codecs of an m-line, in order of preference. */
export function offerCodecs(media: MediaDescription): OfferCodec[] {
  // The parser returns names and values that are digits as numbers.
  const lines = new Map(media.rtp.map((line) => [line.payload, { ...line, codec: String(line.codec) }]));
  const all = media.fmtp.map(({ payload, config }) => [payload, String(config)] as const);
  const formats = new Map(all.filter(([, format]) => format.length <= maxFormat));
  const rtx = new Map<number, number>();
  for (const [payload, { codec }] of lines) {
    if (codec.toLowerCase() !== 'rtx') continue;
    rtx.set(Number(formatParameters(formats.get(payload))['apt']), payload);
  }
  const feedback = feedbackLines(media);
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
      feedback: [...(feedback.get(String(payloadType)) ?? []), ...(feedback.get('*') ?? [])],
      rtxPayloadType: rtx.get(payloadType),
    };
  });
}

/**
 * The codec in which a client sends on an m-line: the first one with one of these MIME types. H264 in constrained baseline with packetization
 * mode 1, which every client can decode, comes before everything else in H264.
 */
export function findCodec(codecs: readonly OfferCodec[], mimeTypes: readonly string[]): OfferCodec | undefined {
  const known = codecs.filter((codec) => mimeTypes.includes(codec.mimeType) && (!isH264(codec) || formatOf(codec)));
  return known.find((codec) => !isH264(codec) || isCommon(formatOf(codec))) ?? known[0];
}

/** The codec in which a client receives a publication on an m-line. */
export function findReceivingCodec(
  codecs: readonly OfferCodec[],
  { mimeType, h264 = commonFormat }: Pick<Publication, 'mimeType' | 'h264'>,
): OfferCodec | undefined {
  const known = codecs.filter((codec) => codec.mimeType === mimeType);
  if (mimeType !== h264Type) return known[0];
  const distances = known.map((codec) => {
    const format = formatOf(codec);
    return { codec, distance: format && formatDistance(h264, format) };
  });
  const usable = distances.filter(({ distance }) => distance !== undefined);
  return usable.sort((one, other) => Number(one.distance) - Number(other.distance))[0]?.codec;
}

/** The format of an H264 codec; undefined for other codecs, and when browsers do not decode it. */
export function formatOf(codec: OfferCodec): H264Format | undefined {
  return isH264(codec) ? h264Format(codec.parameters) : undefined;
}

/** What an m-line offers, as the log says it: at most eight codecs. */
export function offeredFormats(codecs: readonly OfferCodec[]): string[] {
  return codecs.slice(0, 8).map(({ mimeType, format }) => `${mimeType} ${format ?? ''}`.trim().slice(0, 120));
}

/** Maximum length of the format of a codec, in characters; those of browsers have up to 100. */
const maxFormat = 4096;

const h264Type = 'video/H264';
const isH264 = ({ mimeType }: OfferCodec) => mimeType === h264Type;

function isCommon(format: H264Format | undefined): boolean {
  return format?.constrainedBaseline === true && format.packetizationMode === 1;
}

/** The distinct payload types: work is done for each. */
function preferredPayloads(media: MediaDescription): number[] {
  // The parser returns a single payload type as a number.
  const payloads = String(media.payloads ?? '')
    .split(' ')
    .map(Number);
  return [...new Set(payloads.filter((payload) => Number.isInteger(payload) && payload >= 0 && payload <= 127))];
}

/** Names are in lower case; spaces around names and values do not count. */
function formatParameters(format: string | undefined): OfferCodec['parameters'] {
  const parameters = Object.entries(parseParams(format ?? '') as Record<string, string | number>);
  return Object.fromEntries(
    parameters.map(([name, value]) => {
      const key = name.trim().toLowerCase();
      return [key, typeof value === 'string' || key === 'profile-level-id' ? String(value).trim() : value];
    }),
  );
}

/** The first lines of each payload type, and of `*`: all of them. */
function feedbackLines(media: MediaDescription): Map<string, OfferCodec['feedback'][number][]> {
  const lines = new Map<string, OfferCodec['feedback'][number][]>();
  for (const { payload, type, subtype } of media.rtcpFb ?? []) {
    const own = lines.get(String(payload)) ?? [];
    if (own.length < maxFeedbackLines) own.push({ type, subtype });
    lines.set(String(payload), own);
  }
  return lines;
}
