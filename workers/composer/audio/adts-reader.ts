const headerLength = 7;
/** Length of the checksum after the header when the protection bit is 0. */
const checksumLength = 2;

/** Reads AAC frames from ADTS (ISO/IEC 14496-3 section 1.A.2.2). */
export class AdtsReader {
  readonly #onFrame: (data: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: (data: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Adds bytes. @throws RangeError when they are not ADTS */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (bytes.length >= headerLength) {
      if ((bytes.readUInt16BE(0) & 0xfff6) !== 0xfff0) throw new RangeError('The stream is not ADTS.');
      const start = bytes.readUInt8(1) & 1 ? headerLength : headerLength + checksumLength;
      const length = (bytes.readUInt32BE(2) >> 5) & 0x1fff;
      if (length < start) throw new RangeError('A frame of the ADTS stream is too short.');
      if (bytes.length < length) break;
      this.#onFrame(bytes.subarray(start, length));
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }
}
