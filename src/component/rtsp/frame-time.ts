import { nalType } from '../../media/rtp/nal-unit.ts';

/** User data of ours (H.264 D.1.7): its UUID, then a timestamp in eight hexadecimal digits, so that nothing needs to be escaped. */
const payloadType = 5;
const uuid = Buffer.from('9d1f6c3ae5724b8f8d40c2b7716ea953', 'hex');
const digits = 8;
const head = Buffer.concat([Buffer.from([nalType.sei, payloadType, uuid.length + digits]), uuid]);
const stopBit = Buffer.from([0x80]);

/** A NAL unit that tells when its frame is shown, and that decoders and encoders pass on. @param timestamp RTP, 32 bits */
export function writeFrameTime(timestamp: number): Buffer {
  return Buffer.concat([head, Buffer.from(timestamp.toString(16).padStart(digits, '0'), 'latin1'), stopBit]);
}

/** @returns undefined when the unit is another one */
export function readFrameTime(nal: Buffer): number | undefined {
  const text = nal.subarray(0, head.length).equals(head)
    ? nal.toString('latin1', head.length, head.length + digits)
    : '';
  return /^[0-9a-f]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
