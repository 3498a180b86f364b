/**
 * The size of a VP8 picture (RFC 6386 section 9.1), in pixels.
 * @returns undefined when it is no keyframe, or makes no sense
 */
export function readVp8FrameSize(picture: Buffer): { readonly width: number; readonly height: number } | undefined {
  if (picture.length < 10 || picture.readUIntBE(3, 3) !== 0x9d012a) return undefined;
  const width = picture.readUInt16LE(6) & 0x3fff;
  const height = picture.readUInt16LE(8) & 0x3fff;
  return width > 0 && height > 0 ? { width, height } : undefined;
}
