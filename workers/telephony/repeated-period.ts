/** A period that is repeated while a signal is missing: as loud as it was at first, then more and more silent. */
export class RepeatedPeriod {
  readonly #period: Int16Array;
  readonly #loud: number;
  readonly #fade: number;
  #made = 0;

  /** @param loud samples before it becomes more silent @param fade samples until it is silent */
  constructor(period: Int16Array, loud: number, fade: number) {
    this.#period = period;
    this.#loud = loud;
    this.#fade = fade;
  }

  /** Samples that have been taken. */
  get made(): number {
    return this.#made;
  }

  get faded(): boolean {
    return this.#made >= this.#fade;
  }

  /** How it goes on. */
  peek(count: number): Int16Array {
    return Int16Array.from({ length: count }, (_, index) => {
      const at = this.#made + index;
      const volume = (this.#fade - at) / (this.#fade - this.#loud);
      return Math.round((this.#period[at % this.#period.length] ?? 0) * Math.min(Math.max(volume, 0), 1));
    });
  }

  take(count: number): Int16Array {
    const samples = this.peek(count);
    this.#made += count;
    return samples;
  }
}
