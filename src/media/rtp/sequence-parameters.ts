import type { Size } from '../size.ts';
import { BitReader } from './bit-reader.ts';
import { withoutEmulation } from './nal-unit.ts';

/** Frame size after cropping, and codec string of a sequence parameter set (H.264 section 7.3.2.1.1). */
export interface SequenceParameters extends Size {
  /** RFC 6381, such as `avc1.42e01f`. */
  readonly codec: string;
}

/** Profiles with fields for chroma format, depth and scaling (H.264 section 7.3.2.1.1.1). */
const highProfiles = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Reads a sequence parameter set. @returns undefined when it is invalid */
export function readSequenceParameters(nal: Buffer): SequenceParameters | undefined {
  if (nal.length < 5) return undefined;
  const codec = `avc1.${nal.toString('hex', 1, 4)}`;
  const bits = new BitReader(withoutEmulation(nal.subarray(4)));
  bits.unsigned();
  const chroma = highProfiles.has(nal.readUInt8(1)) ? readChroma(bits) : 1;
  bits.unsigned();
  skipOrder(bits);
  bits.unsigned();
  bits.flag();
  const width = 16 * (bits.unsigned() + 1);
  const mapUnits = bits.unsigned() + 1;
  const framesOnly = bits.flag();
  if (!framesOnly) bits.flag();
  bits.flag();
  const height = 16 * mapUnits * (framesOnly ? 1 : 2);
  const [left, right, top, bottom] = bits.flag()
    ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()]
    : [0, 0, 0, 0];
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  const size = { width: width - unitX * (left + right), height: height - unitY * (top + bottom) };
  const sensible = !bits.ended && size.width > 0 && size.height > 0 && width <= 16_384 && height <= 16_384;
  return sensible ? { codec, ...size } : undefined;
}

/** @returns chroma_format_idc */
function readChroma(bits: BitReader): number {
  const format = bits.unsigned();
  if (format === 3) bits.flag();
  bits.unsigned();
  bits.unsigned();
  bits.flag();
  if (bits.flag()) for (let list = 0; list < (format === 3 ? 12 : 8); list += 1) skipScaling(bits, list < 6 ? 16 : 64);
  return format;
}

function skipScaling(bits: BitReader, size: number): void {
  if (!bits.flag()) return;
  let last = 8;
  let next = 8;
  for (let index = 0; index < size && !bits.ended; index += 1) {
    if (next !== 0) next = (last + bits.signed() + 256) & 0xff;
    if (next !== 0) last = next;
  }
}

/** Skips the fields of the picture order count. */
function skipOrder(bits: BitReader): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  if (type !== 1) return;
  bits.flag();
  bits.unsigned();
  bits.unsigned();
  const count = Math.min(bits.unsigned(), 255);
  for (let index = 0; index < count; index += 1) bits.unsigned();
}
