import { isPcmEncoding, type PcmEncoding } from '../../media/pcm.ts';

/** A format as an rtpmap attribute names it. */
export interface PayloadFormat {
  readonly codec: string;
  /** Clock rate, in Hz. */
  readonly rate: number;
  readonly channels: number;
}

export type AudioCodec = 'opus' | 'aac' | 'g722' | 'gsm' | PcmEncoding;

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

/** The codec of an audio format that can be received. */
export function audioCodecOf({ codec, rate, channels }: PayloadFormat): AudioCodec | undefined {
  const name = codec.toLowerCase();
  if (name === 'opus' && rate === 48_000) return 'opus';
  if (name === 'mpeg4-generic') return 'aac';
  // the clock of G.722 is that of an erratum, not its sample rate (RFC 3551 section 4.5.2)
  if ((name === 'g722' || name === 'gsm') && rate === 8000 && channels === 1) return name;
  return isPcmEncoding(name, channels) ? name : undefined;
}

/** Whether a codec has less than the quality of a telephone: another one is preferred. */
export function isSpeechCodec(codec: string): boolean {
  return /g726|^dvi4$|^gsm$/.test(codec);
}
