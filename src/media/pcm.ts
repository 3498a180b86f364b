import { decodeDvi4 } from './dvi4.ts';
import { decodeG711 } from './g711.ts';
import { G726Decoder } from './g726.ts';

/** Decodes the payload of a packet to 16-bit samples, those of several channels interleaved. */
type Decode = (payload: Buffer) => Int16Array;

/** Encodings that are decoded in this process, by their names in RTP in lower case (RFC 3551 section 4.5, RFC 3190); `open`: one decoder per stream. */
const encodings = {
  pcmu: { bits: 8, open: (): Decode => (payload) => decodeG711('pcmu', payload) },
  pcma: { bits: 8, open: (): Decode => (payload) => decodeG711('pcma', payload) },
  l8: { bits: 8, open: (): Decode => (payload) => Int16Array.from(payload, (byte) => (byte - 128) << 8) },
  l16: { bits: 16, open: (): Decode => (payload) => decodeLinear(payload, 2) },
  l24: { bits: 24, open: (): Decode => (payload) => decodeLinear(payload, 3) },
  dvi4: { bits: 4, open: (): Decode => decodeDvi4 },
  'g726-16': { bits: 2, open: () => openG726(2, 'little') },
  'g726-24': { bits: 3, open: () => openG726(3, 'little') },
  'g726-32': { bits: 4, open: () => openG726(4, 'little') },
  'g726-40': { bits: 5, open: () => openG726(5, 'little') },
  'aal2-g726-16': { bits: 2, open: () => openG726(2, 'big') },
  'aal2-g726-24': { bits: 3, open: () => openG726(3, 'big') },
  'aal2-g726-32': { bits: 4, open: () => openG726(4, 'big') },
  'aal2-g726-40': { bits: 5, open: () => openG726(5, 'big') },
} as const;

export type PcmEncoding = keyof typeof encodings;

export interface PcmFormat {
  readonly encoding: PcmEncoding;
  /** In Hz; the clock rate of the timestamps as well. */
  readonly rate: number;
  readonly channels: number;
}

/** Maximum duration of a packet, in seconds. */
const maxDuration = 1;

/** Whether we decode an encoding with so many channels. @param name in lower case */
export function isPcmEncoding(name: string, channels: number): name is PcmEncoding {
  return Object.hasOwn(encodings, name) && (channels === 1 || (channels <= 8 && /^(pcm|l)/.test(name)));
}

/** A decoder of the packets of one stream; packets of impossible length have no samples. */
export function openPcmDecoder({ encoding, rate, channels }: PcmFormat): Decode {
  const { bits, open } = encodings[encoding];
  const decode = open();
  const maxLength = (rate * channels * bits * maxDuration) / 8;
  return (payload) => {
    if (payload.length > maxLength) return new Int16Array();
    const samples = decode(payload);
    return samples.subarray(0, samples.length - (samples.length % channels));
  };
}

function openG726(...form: ConstructorParameters<typeof G726Decoder>): Decode {
  const decoder = new G726Decoder(...form);
  return (payload) => decoder.decode(payload);
}

/** The upper 16 bits of samples in network byte order. */
function decodeLinear(payload: Buffer, width: number): Int16Array {
  const length = Math.floor(payload.length / width);
  return Int16Array.from({ length }, (_, index) => payload.readInt16BE(index * width));
}
