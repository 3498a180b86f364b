import { payloadLimit } from './h264-packetizer.ts';

/** The payloads of a VP8 frame (RFC 7741), with the shortest descriptor. The marker bit belongs to the last one. */
export function packetizeVp8(frame: Buffer, limit = payloadLimit): Buffer[] {
  const payloads: Buffer[] = [];
  for (let start = 0; start < frame.length; start += limit - 1) {
    const descriptor = start === 0 ? 0x10 : 0;
    payloads.push(Buffer.concat([Buffer.from([descriptor]), frame.subarray(start, start + limit - 1)]));
  }
  return payloads;
}

/** Whether the frame is a keyframe (RFC 6386, section 9.1). */
export function isVp8Keyframe(frame: Buffer): boolean {
  return frame.length > 0 && (frame.readUInt8(0) & 1) === 0;
}
