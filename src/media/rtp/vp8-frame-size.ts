/**
 * The size of a VP8 frame (RFC 6386 section 9.1), in pixels.
 * @returns undefined when it is not a keyframe, or invalid
 */
export function readVp8FrameSize(frame: Buffer): { readonly width: number; readonly height: number } | undefined {
  if (frame.length < 10 || frame.readUIntBE(3, 3) !== 0x9d012a) return undefined;
  const width = frame.readUInt16LE(6) & 0x3fff;
  const height = frame.readUInt16LE(8) & 0x3fff;
  return width > 0 && height > 0 ? { width, height } : undefined;
}
