import type { EncodedPicture } from '../component/file/transcoded-frames.ts';

/** IVF: a header of 32 bytes, then each picture behind its length (4 bytes) and its time (8 bytes); little-endian. */
const headerLength = 32;
const pictureHeaderLength = 12;
/** Bytes of one picture; more is a mistake. */
const longestPicture = 32 * 1024 * 1024;

/** The pictures in a stream. @throws RangeError when it is no IVF */
export async function* readIvf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of stream) {
    bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk;
    if (!started && bytes.length >= headerLength) {
      if (bytes.toString('latin1', 0, 4) !== 'DKIF') throw new RangeError('The stream is no IVF.');
      bytes = bytes.subarray(headerLength);
      started = true;
    }
    while (started && bytes.length >= pictureHeaderLength) {
      const end = pictureHeaderLength + bytes.readUInt32LE(0);
      if (end > longestPicture) throw new RangeError('A picture of the IVF stream is too long.');
      if (bytes.length < end) break;
      yield bytes.subarray(pictureHeaderLength, end);
      bytes = bytes.subarray(end);
    }
  }
}

/** Puts pictures into a stream. @param fourCc `VP80`, `VP90` or `AV01` */
export async function* ivfPictures(
  pictures: AsyncIterable<EncodedPicture>,
  fourCc: string,
  size: { readonly width: number; readonly height: number },
): AsyncGenerator<EncodedPicture> {
  let head = header(fourCc, size);
  let index = 0n;
  for await (const { data, ...timing } of pictures) {
    const pictureHeader = Buffer.alloc(pictureHeaderLength);
    pictureHeader.writeUInt32LE(data.length, 0);
    pictureHeader.writeBigUInt64LE(index, 4);
    yield { ...timing, data: Buffer.concat([head, pictureHeader, data]) };
    head = Buffer.alloc(0);
    index += 1n;
  }
}

function header(fourCc: string, { width, height }: { width: number; height: number }): Buffer {
  const bytes = Buffer.alloc(headerLength);
  bytes.write('DKIF', 0, 'latin1');
  bytes.writeUInt16LE(headerLength, 6);
  bytes.write(fourCc, 8, 'latin1');
  bytes.writeUInt16LE(width, 12);
  bytes.writeUInt16LE(height, 14);
  // 30 pictures per second: their real times are kept elsewhere.
  bytes.writeUInt32LE(30, 16);
  bytes.writeUInt32LE(1, 20);
  return bytes;
}
