/** The part of a VP8 frame in one packet. */
export interface Vp8Fragment {
  /** Whether it is the start of the frame. */
  readonly first: boolean;
  /** Whether it is the start of a keyframe. */
  readonly key: boolean;
  readonly data: Buffer;
}

/** Removes the payload descriptor (RFC 7741 section 4.2). @returns undefined when nothing follows it */
export function readVp8Payload(payload: Buffer): Vp8Fragment | undefined {
  const start = descriptorLength(payload);
  if (start === undefined || start >= payload.length) return undefined;
  const data = payload.subarray(start);
  // start of a partition, and of the first one
  const first = (payload.readUInt8(0) & 0x17) === 0x10;
  return { first, key: first && (data.readUInt8(0) & 0x01) === 0, data };
}

function descriptorLength(payload: Buffer): number | undefined {
  const [first = 0, extension = 0, picture = 0] = payload;
  if (!(first & 0x80)) return 1;
  if (payload.length < 3) return undefined;
  const hasPicture = (extension & 0x80) !== 0;
  const pictureLength = hasPicture ? (picture & 0x80 ? 2 : 1) : 0;
  const levelLength = extension & 0x40 ? 1 : 0;
  const layerLength = extension & 0x30 ? 1 : 0;
  return 2 + pictureLength + levelLength + layerLength;
}
