/** A number of IP literals, of which the latest are kept. */
export class RecentAddresses {
  readonly #max: number;
  /** The latest last. */
  readonly #addresses = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  add(address: string): void {
    this.#addresses.delete(address);
    this.#addresses.add(address);
    const [oldest] = this.#addresses;
    if (this.#addresses.size > this.#max && oldest !== undefined) this.#addresses.delete(oldest);
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }
}
