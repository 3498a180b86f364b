/** NAL units as short as they can be, with what tests look at. */

export const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x8c]);
export const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
export const sei = Buffer.from([0x06, 0x05, 0x01, 0xaa, 0x80]);
export const delimiter = Buffer.from([0x09, 0xf0]);
export const filler = Buffer.from([0x0c, 0xff, 0x80]);

/** Slice types of table 7-6. */
type SliceType = 'P' | 'B' | 'I';
const codes: Record<SliceType, string> = { P: '1', B: '010', I: '011' };

/** A slice whose head says this; the rest is `length` bytes of nothing. */
export function slice(type: SliceType, options: { first?: boolean; idr?: boolean; length?: number } = {}): Buffer {
  const { first = true, idr = false, length = 8 } = options;
  // first_mb 0 is written 1, first_mb 4 is written 00101.
  const bits = `${first ? '1' : '00101'}${codes[type]}`.padEnd(8, '1');
  return Buffer.concat([Buffer.from([idr ? 0x65 : 0x41, Number.parseInt(bits, 2)]), Buffer.alloc(length, 0x55)]);
}
