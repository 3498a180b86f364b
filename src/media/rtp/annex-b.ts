/** Number of bytes without a start code after which a stream is not considered H.264. */
const maxUnitLength = 8 * 1024 * 1024;

const startCode = Buffer.from([0, 0, 0, 1]);
const shortStartCode = startCode.subarray(1);

/** Splits a byte stream into NAL units at its start codes (H.264 annex B). */
export class AnnexBSplitter {
  /** The bytes after the last start code; before the first one, bytes that may be its beginning. */
  #rest: Buffer = Buffer.alloc(0);
  /** Number of bytes before the first start code. */
  #skipped = 0;
  #started = false;

  /** Adds a chunk. @returns the units that end in it. @throws RangeError when there is no start code in 8 MiB */
  push(chunk: Buffer): Buffer[] {
    const nals: Buffer[] = [];
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let begin = 0;
    // A start code may be split between two chunks.
    let found = bytes.indexOf(shortStartCode, Math.max(this.#rest.length - 2, 0));
    for (; found >= 0; found = bytes.indexOf(shortStartCode, begin)) {
      this.#finish(bytes.subarray(begin, found), nals);
      this.#started = true;
      begin = found + shortStartCode.length;
    }
    this.#rest = bytes.subarray(begin);
    if (!this.#started) this.#skip();
    if (this.#skipped + this.#rest.length > maxUnitLength) {
      throw new RangeError('The stream is not H264: it has no start codes.');
    }
    return nals;
  }

  /** To be called at the end of the stream. @returns the last unit, if any */
  flush(): Buffer[] {
    const nals: Buffer[] = [];
    this.#finish(this.#rest, nals);
    this.#rest = Buffer.alloc(0);
    return nals;
  }

  /** Before the first start code: keeps only bytes that may be its beginning. */
  #skip(): void {
    const kept = this.#rest.subarray(-2);
    this.#skipped += this.#rest.length - kept.length;
    this.#rest = kept;
  }

  #finish(bytes: Buffer, nals: Buffer[]): void {
    const nal = withoutTrailingZeros(bytes);
    if (this.#started && nal.length > 0) nals.push(nal);
  }
}

/** Writes units as a byte stream. */
export function toAnnexB(nals: readonly Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [startCode, nal]));
}

function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}
