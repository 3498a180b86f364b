import { type MediaDescription, parseParams } from 'sdp-transform';

/** A format as an rtpmap attribute names it. */
export interface PayloadFormat {
  readonly codec: string;
  /** Clock rate, in Hz. */
  readonly rate: number;
  readonly channels: number;
}

/** Payload types that need no rtpmap attribute (RFC 3551 section 6, and 2 as RFC 1890 had it). */
export const staticFormats: Readonly<Record<number, PayloadFormat>> = {
  0: { codec: 'PCMU', rate: 8000, channels: 1 },
  2: { codec: 'G726-32', rate: 8000, channels: 1 },
  3: { codec: 'GSM', rate: 8000, channels: 1 },
  4: { codec: 'G723', rate: 8000, channels: 1 },
  5: { codec: 'DVI4', rate: 8000, channels: 1 },
  6: { codec: 'DVI4', rate: 16_000, channels: 1 },
  7: { codec: 'LPC', rate: 8000, channels: 1 },
  8: { codec: 'PCMA', rate: 8000, channels: 1 },
  9: { codec: 'G722', rate: 8000, channels: 1 },
  10: { codec: 'L16', rate: 44_100, channels: 2 },
  11: { codec: 'L16', rate: 44_100, channels: 1 },
  12: { codec: 'QCELP', rate: 8000, channels: 1 },
  14: { codec: 'MPA', rate: 90_000, channels: 1 },
  15: { codec: 'G728', rate: 8000, channels: 1 },
  16: { codec: 'DVI4', rate: 11_025, channels: 1 },
  17: { codec: 'DVI4', rate: 22_050, channels: 1 },
  18: { codec: 'G729', rate: 8000, channels: 1 },
  26: { codec: 'JPEG', rate: 90_000, channels: 1 },
  31: { codec: 'H261', rate: 90_000, channels: 1 },
  32: { codec: 'MPV', rate: 90_000, channels: 1 },
  33: { codec: 'MP2T', rate: 90_000, channels: 1 },
  34: { codec: 'H263', rate: 90_000, channels: 1 },
};

/** The distinct payload types of a media section, in their order: work is done for each. */
export function payloadTypes({ payloads }: { payloads?: unknown }): Set<number> {
  const words = String(payloads ?? '').split(/\s+/);
  const types = words.filter((word) => /^\d{1,3}$/.test(word)).map(Number);
  return new Set(types.filter((type) => type < 128));
}

/** The format of a payload type; undefined when there is none, or its clock rate is none. */
export function payloadFormatOf(media: MediaDescription, payloadType: number): PayloadFormat | undefined {
  const map = media.rtp.find(({ payload }) => Number(payload) === payloadType);
  if (!map) return staticFormats[payloadType];
  const rate = Number(map.rate ?? (/^h264$/i.test(String(map.codec)) ? 90_000 : Number.NaN));
  const channels = Number(map.encoding ?? 1);
  if (!Number.isInteger(rate) || rate < 1000 || rate > 192_000) return undefined;
  return { codec: String(map.codec), rate, channels: Number.isInteger(channels) ? channels : 1 };
}

/** The format parameters of a payload type, names in lower case. */
export function parametersOf(media: MediaDescription, payloadType: number): Map<string, string> {
  const lines = media.fmtp.filter(({ payload }) => Number(payload) === payloadType);
  const config = lines.map((line) => String(line.config ?? '')).join(';');
  const pairs = Object.entries(parseParams(config) as Record<string, unknown>);
  return new Map(pairs.map(([name, value]) => [name.trim().toLowerCase(), String(value ?? '').trim()]));
}
