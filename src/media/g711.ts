export type G711Law = 'pcmu' | 'pcma';

/** Sample rate, in Hz. */
export const g711SampleRate = 8000;

/** Decodes G.711 audio to 16-bit samples, one per byte. */
export function decodeG711(law: G711Law, bytes: Buffer): Int16Array {
  return Int16Array.from(bytes, (byte) => tables[law][byte] ?? 0);
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
