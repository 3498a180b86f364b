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

/** Maximum number of units in one piece; more is an attack or an error. */
const maxUnits = 256;

/**
 * The units in bytes that should be one: without start codes the bytes as they are. No unit has a start code in it (H.264 section 7.4.1).
 */
export function unitsInBytes(bytes: Buffer): Buffer[] {
  let found = unitStartIn(bytes, 0);
  if (found < 0) return [bytes];
  const units: Buffer[] = [];
  let begin = 0;
  for (; found >= 0 && units.length < maxUnits; found = unitStartIn(bytes, begin)) {
    const unit = withoutTrailingZeros(bytes.subarray(begin, found));
    // A header alone, before a start code, is a copy of the header after it.
    if (unit.length > 1) units.push(unit);
    begin = found + shortStartCode.length;
  }
  const last = withoutTrailingZeros(bytes.subarray(begin));
  if (last.length > 0 && units.length < maxUnits) units.push(last);
  return units;
}

/** Position of a start code with the header of a unit behind it; -1: there is none. */
export function unitStartIn(bytes: Buffer, from: number): number {
  for (let found = bytes.indexOf(shortStartCode, from); found >= 0; found = bytes.indexOf(shortStartCode, found + 1)) {
    const header = bytes[found + shortStartCode.length] ?? 0;
    if (header < 0x80 && (header & 0x1f) > 0 && (header & 0x1f) < 24) return found;
  }
  return -1;
}

/** Writes units as a byte stream. */
export function toAnnexB(nals: readonly Buffer[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [startCode, nal]));
}

/** Bytes of a unit without zeros behind it, which are part of a start code. */
export function withoutTrailingZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}
