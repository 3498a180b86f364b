/** IVF: a header of 32 bytes, then for each frame its length (4 bytes), its time (8 bytes) and its data; little-endian. */
const headerLength = 32;
const frameHeaderLength = 12;
/** Maximum length of a frame, in bytes. */
const maxFrameLength = 32 * 1024 * 1024;

export interface IvfFormat {
  readonly fourcc: 'H264' | 'VP80' | 'VP90' | 'AV01' | 'I420';
  readonly width: number;
  readonly height: number;
  /** Unit of the frames' times, in ticks per second. Default 30, for frames whose times are kept elsewhere. */
  readonly frameRate?: number;
}

export function ivfHeader({ fourcc, width, height, frameRate = 30 }: IvfFormat): Buffer {
  const header = Buffer.alloc(headerLength);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(headerLength, 6);
  header.write(fourcc, 8, 'latin1');
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(frameRate, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** The header of a frame. @param length of the frame, in bytes @param time in ticks, 32 bits */
export function ivfFrameHeader(length: number, time: number): Buffer {
  const header = Buffer.alloc(frameHeaderLength);
  header.writeUInt32LE(length, 0);
  header.writeUInt32LE(time, 4);
  return header;
}

export function ivfFrame(data: Buffer, time: number): Buffer {
  return Buffer.concat([ivfFrameHeader(data.length, time), data]);
}

/** Reads the frames of an IVF stream. @throws RangeError when it is not IVF */
export async function* readIvf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  let started = false;
  for await (const chunk of stream) {
    bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk;
    if (!started && bytes.length >= headerLength) {
      if (bytes.toString('latin1', 0, 4) !== 'DKIF') throw new RangeError('The stream is not IVF.');
      bytes = bytes.subarray(headerLength);
      started = true;
    }
    while (started && bytes.length >= frameHeaderLength) {
      const end = frameHeaderLength + bytes.readUInt32LE(0);
      if (end > maxFrameLength) throw new RangeError('A frame of the IVF stream is too long.');
      if (bytes.length < end) break;
      yield bytes.subarray(frameHeaderLength, end);
      bytes = bytes.subarray(end);
    }
  }
}
