import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';

/** Size of an AU header, in bytes: 13 bits of size, 3 of index. */
const headerLength = 2;

/** Reads AAC access units from RTP packets (RFC 3640, mode AAC-hbr). */
export class AacDepacketizer {
  /** The fragmented unit that is being received. */
  #parts: Buffer[] = [];
  #missing = 0;

  /** Adds a packet. @returns the units that it completes */
  push({ payload }: Pick<RtpPacket, 'payload'>, lost: number): Buffer[] {
    if (lost > 0) this.#drop();
    const headers = payload.length >= 2 ? Math.ceil(payload.readUInt16BE(0) / 8) : 0;
    const begin = 2 + headers;
    if (headers < headerLength || payload.length <= begin) return [];
    const sizes = Array.from(
      { length: Math.floor(headers / headerLength) },
      (_, index) => payload.readUInt16BE(2 + index * headerLength) >> 3,
    );
    const data = payload.subarray(begin);
    const [first = 0] = sizes;
    if (this.#missing > 0 || (sizes.length === 1 && first > data.length)) return this.#fragment(first, data);
    return cut(data, sizes);
  }

  #fragment(size: number, data: Buffer): Buffer[] {
    if (this.#missing === 0) this.#missing = size;
    this.#parts.push(data);
    this.#missing -= data.length;
    if (this.#missing > 0) return [];
    const whole = this.#missing === 0 ? [Buffer.concat(this.#parts)] : [];
    this.#drop();
    return whole;
  }

  #drop(): void {
    this.#parts = [];
    this.#missing = 0;
  }
}

function cut(data: Buffer, sizes: readonly number[]): Buffer[] {
  const units: Buffer[] = [];
  let position = 0;
  for (const size of sizes) {
    if (size === 0 || position + size > data.length) break;
    units.push(data.subarray(position, position + size));
    position += size;
  }
  return units;
}
