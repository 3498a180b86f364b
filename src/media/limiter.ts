/** Maximum amplitude of the output; full scale is 1. */
export const ceiling = 0.97;
/** Hold time of the gain, in seconds: longer than a period of the deepest voice, so that waveforms are not distorted. */
const hold = 0.02;
/** Time constant of the gain's release, in seconds: 90 % in about 100 ms. */
const release = 1 / 24;

/** Keeps the mix below full scale: the gain is reduced at once and recovers slowly, equally for all channels. */
export class Limiter {
  readonly #channels: number;
  /** In samples. */
  readonly #hold: number;
  /** Factor per sample. */
  readonly #release: number;
  #gain = 1;
  #held = 0;

  /** @param rate samples per second and channel */
  constructor(channels: number, rate: number) {
    this.#channels = channels;
    this.#hold = Math.round(hold * rate);
    this.#release = 1 - 1 / Math.round(release * rate);
  }

  /** Limits samples. @param samples interleaved, of any amplitude. @returns 16-bit samples */
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
    else this.#gain = 1 - (1 - this.#gain) * this.#release;
    if (peak * this.#gain < ceiling * 0.99) return;
    this.#gain = Math.min(this.#gain, ceiling / peak);
    this.#held = this.#hold;
  }
}
