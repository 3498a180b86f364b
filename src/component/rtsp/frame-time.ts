import { nalType } from '../../media/rtp/nal-unit.ts';

/** UUID of our user data SEI (H.264 D.1.7). A timestamp follows as eight hexadecimal digits, which need no emulation prevention. */
const payloadType = 5;
const uuid = Buffer.from('9d1f6c3ae5724b8f8d40c2b7716ea953', 'hex');
const digits = 8;
const head = Buffer.concat([Buffer.from([nalType.sei, payloadType, uuid.length + digits]), uuid]);
const stopBit = Buffer.from([0x80]);

/** A NAL unit with the timestamp of its frame, which transcoding preserves. @param timestamp RTP, 32 bits */
export function writeFrameTime(timestamp: number): Buffer {
  return Buffer.concat([head, Buffer.from(timestamp.toString(16).padStart(digits, '0'), 'latin1'), stopBit]);
}

/** Reads the timestamp of such a unit. @returns undefined for any other unit */
export function readFrameTime(nal: Buffer): number | undefined {
  const text = nal.subarray(0, head.length).equals(head)
    ? nal.toString('latin1', head.length, head.length + digits)
    : '';
  return /^[0-9a-f]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
