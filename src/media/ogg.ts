const capturePattern = Buffer.from('OggS', 'latin1');
const headerLength = 27;
const checksumStart = 22;

/** A page of an Ogg stream (RFC 3533, section 6). */
export interface OggPage {
  readonly serial: number;
  /** Whether a logical stream starts, ends, and whether the first packet began on an earlier page. */
  readonly starts: boolean;
  readonly ends: boolean;
  readonly continues: boolean;
  /** Granule position; undefined when no packet ends on this page. */
  readonly position: number | undefined;
  /** Lengths of the segments; one below 255 ends a packet. */
  readonly lacing: Buffer;
  readonly body: Buffer;
  /** The whole page. */
  readonly bytes: Buffer;
}

/**
 * Reads the pages of an Ogg stream. Damaged pages and bytes between pages are skipped, and an incomplete page at the end is left out.
 * @throws RangeError when the stream does not start with a page
 */
export async function* oggPages(stream: AsyncIterable<Buffer>): AsyncGenerator<OggPage> {
  let bytes: Buffer = Buffer.alloc(0);
  let found = false;
  for await (const chunk of stream) {
    bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk;
    for (;;) {
      const start = bytes.indexOf(capturePattern);
      if (!found && start !== 0 && bytes.length >= capturePattern.length) throw new RangeError('The file is not Ogg.');
      // the pattern may be cut at the end of the chunk
      bytes = bytes.subarray(start >= 0 ? start : Math.max(0, bytes.length - capturePattern.length + 1));
      const page = start >= 0 ? readPage(bytes) : undefined;
      if (!page) break;
      found = true;
      const isWhole = page.bytes.readUInt32LE(checksumStart) === checksum(page.bytes);
      if (isWhole) yield page;
      bytes = bytes.subarray(isWhole ? page.bytes.length : capturePattern.length);
    }
  }
}

/** CRC-32 with the polynomial 0x04c11db7, not reflected, of each byte. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c11db7 : 0);
  return remainder;
});

/** Of a page, as if its own checksum was zero. */
function checksum(page: Buffer): number {
  let sum = 0;
  for (let index = 0; index < page.length; index += 1) {
    const isOwn = index >= checksumStart && index < checksumStart + 4;
    sum = (sum << 8) ^ (remainders[(sum >>> 24) ^ (isOwn ? 0 : (page[index] ?? 0))] ?? 0);
  }
  return sum >>> 0;
}

/** @returns undefined when the page is incomplete */
function readPage(bytes: Buffer): OggPage | undefined {
  if (bytes.length < headerLength) return undefined;
  const bodyStart = headerLength + bytes.readUInt8(26);
  if (bytes.length < bodyStart) return undefined;
  const lacing = bytes.subarray(headerLength, bodyStart);
  const end = bodyStart + lacing.reduce((sum, length) => sum + length, 0);
  if (bytes.length < end) return undefined;
  const flags = bytes.readUInt8(5);
  const position = bytes.readBigInt64LE(6);
  return {
    serial: bytes.readUInt32LE(14),
    continues: (flags & 1) !== 0,
    starts: (flags & 2) !== 0,
    ends: (flags & 4) !== 0,
    position: position === -1n ? undefined : Number(position),
    lacing,
    body: bytes.subarray(bodyStart, end),
    bytes: bytes.subarray(0, end),
  };
}

/** Maximum length of a packet, in bytes; longer ones, such as comments with images, are left out. */
const maxPacketLength = 256 * 1024;

/** Joins the segments of one logical stream to packets. */
export class OggPackets {
  /** The beginning of a packet that goes on; undefined when it is left out. */
  #begun: Buffer[] | undefined;
  #length = 0;

  /** Reads a page. @returns the packets that end on it */
  read({ continues, lacing, body }: OggPage): Buffer[] {
    if (!continues) this.#begin();
    const packets: Buffer[] = [];
    let start = 0;
    let end = 0;
    for (const length of lacing) {
      end += length;
      if (length === 255) continue;
      this.#add(body.subarray(start, end));
      if (this.#begun) packets.push(Buffer.concat(this.#begun));
      this.#begin();
      start = end;
    }
    if (end > start) this.#add(body.subarray(start, end));
    return packets;
  }

  #begin(): void {
    this.#begun = [];
    this.#length = 0;
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > maxPacketLength) this.#begun = undefined;
    this.#begun?.push(part);
  }
}
