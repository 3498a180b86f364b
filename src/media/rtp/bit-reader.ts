/** Reads the fields of H.264 in sequence, most significant bits first. */
export class BitReader {
  readonly #bytes: Buffer;
  #position = 0;
  #ended = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether a field was incomplete, or a number not below 2^32. From then on numbers are 0. */
  get ended(): boolean {
    return this.#ended;
  }

  flag(): boolean {
    return this.#bit() === 1;
  }

  /** An unsigned Exp-Golomb number (H.264 section 9.1). */
  unsigned(): number {
    let zeros = 0;
    while (!this.#ended && zeros < 32 && this.#bit() === 0) zeros += 1;
    if (zeros === 32) this.#ended = true;
    let rest = 0;
    for (let left = zeros; left > 0 && !this.#ended; left -= 1) rest = rest * 2 + this.#bit();
    return this.#ended ? 0 : 2 ** zeros - 1 + rest;
  }

  /** A signed Exp-Golomb number (H.264 section 9.1.1). */
  signed(): number {
    const code = this.unsigned();
    return code & 1 ? (code + 1) / 2 : -code / 2;
  }

  #bit(): number {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) this.#ended = true;
    const bit = ((byte ?? 0) >> (7 - (this.#position & 7))) & 1;
    this.#position += 1;
    return bit;
  }
}
