/** The IVF container: a header of 32 bytes, then each frame behind its length and time. */

export interface IvfFormat {
  readonly fourcc: 'VP80' | 'I420';
  readonly width: number;
  readonly height: number;
  /** Ticks per second, in which frames have their times. */
  readonly frameRate: number;
}

/** Keyframes of VP8 have their own size, and its times are not looked at. */
const vp8: IvfFormat = { fourcc: 'VP80', width: 640, height: 360, frameRate: 30 };

export function ivfHeader({ fourcc, width, height, frameRate }: IvfFormat = vp8): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0, 'latin1');
  header.writeUInt16LE(32, 6);
  header.write(fourcc, 8, 'latin1');
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(frameRate, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** What stands before a frame. */
export function ivfFrameHead(length: number, time: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(length, 0);
  head.writeUInt32LE(time, 4);
  return head;
}

export function ivfFrame(data: Buffer, index: number): Buffer {
  return Buffer.concat([ivfFrameHead(data.length, index), data]);
}
