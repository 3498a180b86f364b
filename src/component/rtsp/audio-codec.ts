import { isPcmEncoding, type PcmEncoding } from '../../media/pcm.ts';
import type { PayloadFormat } from '../sdp/payload-format.ts';

export type AudioCodec = 'opus' | 'aac' | 'g722' | 'gsm' | PcmEncoding;

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
