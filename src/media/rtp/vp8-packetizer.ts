import { payloadLimit } from './h264-packetizer.ts';

/** The payloads that carry one VP8 picture (RFC 7741), with the shortest descriptor there is. The marker belongs on the last one. */
export function packetizeVp8(picture: Buffer, limit = payloadLimit): Buffer[] {
  const payloads: Buffer[] = [];
  for (let start = 0; start < picture.length; start += limit - 1) {
    const descriptor = start === 0 ? 0x10 : 0;
    payloads.push(Buffer.concat([Buffer.from([descriptor]), picture.subarray(start, start + limit - 1)]));
  }
  return payloads;
}

/** Whether decoding can start at this picture (RFC 6386, section 9.1). */
export function isVp8Keyframe(picture: Buffer): boolean {
  return picture.length > 0 && (picture.readUInt8(0) & 1) === 0;
}
