/** Reads bits, most significant first. */
export class BitReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @returns undefined at the end */
  bit(): 0 | 1 | undefined {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) return undefined;
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position += 1;
    return bit as 0 | 1;
  }

  /** Reads an unsigned Exp-Golomb number (H.264 section 9.1). @returns undefined when it is incomplete or not below 2^32 */
  unsignedGolomb(): number | undefined {
    let zeros = 0;
    for (let bit = this.bit(); bit !== 1; bit = this.bit()) {
      if (bit === undefined || zeros === 31) return undefined;
      zeros += 1;
    }
    let rest = 0;
    for (let left = zeros; left > 0; left -= 1) {
      const bit = this.bit();
      if (bit === undefined) return undefined;
      rest = rest * 2 + bit;
    }
    return 2 ** zeros - 1 + rest;
  }
}
