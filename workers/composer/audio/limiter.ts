/** Loudest sample that leaves, of 1. */
export const ceiling = 0.97;
/** Samples before the gain comes back (20 ms): longer than a wave of the deepest voice, so that waves keep their form. */
const hold = 960;
/** The gain comes back by this factor per sample: nine tenths of the way in about 100 ms. */
const release = 1 - 1 / 2000;

/** Keeps the sum of many voices below full scale: it turns them down at once, and up again slowly, all channels alike. */
export class Limiter {
  readonly #channels: number;
  #gain = 1;
  #held = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** @param samples interleaved, any loudness. @returns the same as 16 bit integers */
  apply(samples: Float32Array): Int16Array {
    const limited = new Int16Array(samples.length);
    for (let start = 0; start < samples.length; start += this.#channels) {
      let peak = 0;
      for (let index = start; index < start + this.#channels; index += 1) {
        peak = Math.max(peak, Math.abs(samples[index] ?? 0));
      }
      this.#follow(peak);
      for (let index = start; index < start + this.#channels; index += 1) {
        limited[index] = Math.round((samples[index] ?? 0) * this.#gain * 32_767);
      }
    }
    return limited;
  }

  #follow(peak: number): void {
    if (this.#held > 0) this.#held -= 1;
    else this.#gain = 1 - (1 - this.#gain) * release;
    if (peak * this.#gain < ceiling * 0.99) return;
    this.#gain = Math.min(this.#gain, ceiling / peak);
    this.#held = hold;
  }
}
