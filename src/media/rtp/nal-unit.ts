import { BitReader } from './bit-reader.ts';

/** NAL unit types of H.264 (table 7-1) and of its RTP payload format (RFC 6184, table 1). */
export const nalType = {
  slice: 1,
  partitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  filler: 12,
  stapA: 24,
  fuA: 28,
} as const;

export function typeOf(nal: Buffer): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** Whether the unit is a coded slice of any type. */
export function isSlice(nal: Buffer): boolean {
  const type = typeOf(nal);
  return type === nalType.slice || type === nalType.idrSlice || type === nalType.partitionA;
}

/** Whether a unit that comes after a slice belongs to the next frame whatever is in it (H.264 section 7.4.1.2.3). */
export function startsDescription(nal: Buffer): boolean {
  const type = typeOf(nal);
  return (type >= nalType.sei && type <= nalType.accessUnitDelimiter) || (type >= 14 && type <= 18);
}

/** Number of bytes of a slice that contain its first two numbers, emulation prevention included. */
const sliceHeadLength = 24;

/** The head of a slice (H.264 section 7.3.3). */
export interface SliceHead {
  /** 0 in the first slice of a frame. */
  readonly firstMacroblock: number;
  /** Whether it is a B slice: its frame is presented before one that was sent earlier. */
  readonly bidirectional: boolean;
}

/** Reads the head of a slice. @returns undefined when the unit is not a slice or too short */
export function sliceHead(nal: Buffer): SliceHead | undefined {
  if (!isSlice(nal)) return undefined;
  const bits = new BitReader(withoutEmulation(nal.subarray(1, 1 + sliceHeadLength)));
  const firstMacroblock = bits.unsigned();
  const sliceType = bits.unsigned();
  return bits.ended ? undefined : { firstMacroblock, bidirectional: sliceType % 5 === 1 };
}

/** The raw bytes of a NAL unit, without emulation prevention: each 3 after two zeros is removed (H.264 section 7.4.1). */
export function withoutEmulation(bytes: Buffer): Buffer {
  const raw: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    raw.push(byte);
  }
  return Buffer.from(raw);
}
