/** How far behind the highest one an index may be: RFC 3711 section 3.3.2 wants at least 64. */
const size = 128;

/** Remembers which packets came, so that none is taken twice (RFC 3711 section 3.3.2). */
export class ReplayWindow {
  /** The index that was seen last in each place. */
  readonly #seen = new Float64Array(size).fill(-1);
  #highest = -1;

  /** Of the indices so far; -1: there is none. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether a packet of this index is one that has not come yet. */
  isNew(index: number): boolean {
    return index > this.#highest - size && this.#seen[index % size] !== index;
  }

  /** To be called for a new index whose packet is authentic. */
  add(index: number): void {
    this.#seen[index % size] = index;
    this.#highest = Math.max(this.#highest, index);
  }
}
