export type G711Law = 'pcmu' | 'pcma';

/** Sample rate, in Hz. */
export const g711SampleRate = 8000;

/** Decodes G.711 audio to 16-bit samples, one per byte. */
export function decodeG711(law: G711Law, bytes: Buffer): Int16Array {
  const table = tables[law];
  const samples = new Int16Array(bytes.length);
  // a loop: this is done for every packet of every call
  for (let index = 0; index < bytes.length; index += 1) samples[index] = table[bytes[index] ?? 0] ?? 0;
  return samples;
}

const tables: Readonly<Record<G711Law, Int16Array>> = {
  pcmu: Int16Array.from({ length: 256 }, (_, byte) => expandMu(byte)),
  pcma: Int16Array.from({ length: 256 }, (_, byte) => expandA(byte)),
};

/** ITU-T G.711, table 2: sign, three bits of segment, four bits of step, all inverted. */
function expandMu(byte: number): number {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return code & 0x80 ? -magnitude : magnitude;
}

/** ITU-T G.711, table 1: as above, every other bit inverted, and the first two segments of equal steps. */
function expandA(byte: number): number {
  const code = byte ^ 0x55;
  const segment = (code & 0x70) >> 4;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** Encodes 16-bit samples, one byte each. */
export function encodeG711(law: G711Law, samples: Int16Array): Buffer {
  const codes = codesOf[law];
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let index = 0; index < samples.length; index += 1) bytes[index] = codes[(samples[index] ?? 0) & 0xffff] ?? 0;
  return bytes;
}

/** The byte of every sample, by its 16 bits. */
const codesOf: Readonly<Record<G711Law, Uint8Array>> = {
  pcmu: Uint8Array.from({ length: 65_536 }, (_, bits) => compressMu((bits << 16) >> 16)),
  pcma: Uint8Array.from({ length: 65_536 }, (_, bits) => compressA((bits << 16) >> 16)),
};

/** The number of the segment: the place of the highest bit above the seventh. */
function segmentOf(magnitude: number): number {
  return 24 - Math.clz32(magnitude);
}

function compressMu(sample: number): number {
  const magnitude = Math.min(Math.abs(sample) + 0x84, 0x7fff);
  const segment = segmentOf(magnitude);
  const code = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f);
  return ~(sample < 0 ? code | 0x80 : code) & 0xff;
}

function compressA(sample: number): number {
  const magnitude = sample < 0 ? ~sample : sample;
  const segment = magnitude < 0x100 ? 0 : segmentOf(magnitude);
  const code = (segment << 4) | ((magnitude >> Math.max(segment + 3, 4)) & 0x0f);
  return (sample < 0 ? code : code | 0x80) ^ 0x55;
}
