/** The decoder configuration of an AAC stream: AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1. */
export interface AacConfig {
  /** 1 main, 2 low complexity, 3 SSR, 4 LTP: the types that ADTS supports. */
  readonly objectType: number;
  readonly frequencyIndex: number;
  /** Sample rate of the core, without spectral band replication, in Hz. */
  readonly sampleRate: number;
  /** 1 to 7. */
  readonly channels: number;
}

/** Number of samples of the core in an access unit. */
export const aacFrameLength = 1024;

const sampleRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/** Parses an AudioSpecificConfig. @returns undefined when ADTS cannot express it */
export function parseAacConfig(bytes: Buffer): AacConfig | undefined {
  if (bytes.length < 2) return undefined;
  const bits = bytes.readUInt16BE(0);
  const frequencyIndex = (bits >> 7) & 0x0f;
  const channels = (bits >> 3) & 0x0f;
  const sampleRate = sampleRates[frequencyIndex];
  const objectType = coreType(bytes);
  if (sampleRate === undefined || channels < 1 || channels > 7 || objectType < 1 || objectType > 4) return undefined;
  return { objectType, frequencyIndex, sampleRate, channels };
}

/** With SBR or parametric stereo (5, 29) the type of the core follows the extension's sampling frequency. */
function coreType(bytes: Buffer): number {
  const type = bytes.readUInt8(0) >> 3;
  if (type !== 5 && type !== 29) return type;
  if (bytes.length < 3) return 0;
  const extended = ((bytes.readUInt8(1) & 0x07) << 1) | (bytes.readUInt8(2) >> 7);
  return extended === 15 ? 0 : (bytes.readUInt8(2) >> 2) & 0x1f;
}

const maxFrameLength = 0x1fff;

/** An access unit with an ADTS header of seven bytes. @returns undefined when it is too long */
export function toAdts({ objectType, frequencyIndex, channels }: AacConfig, unit: Buffer): Buffer | undefined {
  const length = unit.length + 7;
  if (length > maxFrameLength) return undefined;
  const header = Buffer.from([
    0xff,
    0xf1,
    ((objectType - 1) << 6) | (frequencyIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  ]);
  return Buffer.concat([header, unit]);
}
