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
    if (this.#gain === 1 && this.#held === 0 && peakOf(samples, 0, samples.length) < ceiling * 0.99) {
      // nothing to do, as nearly always
      for (let index = 0; index < samples.length; index += 1) limited[index] = scaled(samples, index, 1);
      return limited;
    }
    for (let start = 0; start < samples.length; start += this.#channels) {
      const end = start + this.#channels;
      this.#follow(peakOf(samples, start, end));
      for (let index = start; index < end; index += 1) limited[index] = scaled(samples, index, this.#gain);
    }
    return limited;
  }

  #follow(peak: number): void {
    if (this.#held > 0) this.#held -= 1;
    else if (this.#gain < 1) this.#gain = released(this.#gain, this.#release);
    if (peak * this.#gain < ceiling * 0.99) return;
    this.#gain = Math.min(this.#gain, ceiling / peak);
    this.#held = this.#hold;
  }
}

function peakOf(samples: Float32Array, start: number, end: number): number {
  let peak = 0;
  for (let index = start; index < end; index += 1) peak = Math.max(peak, Math.abs(samples[index] as number));
  return peak;
}

function scaled(samples: Float32Array, index: number, gain: number): number {
  return Math.round((samples[index] as number) * gain * 32_767);
}

/** The gain a sample later; it ends at 1. */
function released(gain: number, factor: number): number {
  const next = 1 - (1 - gain) * factor;
  return next > 0.9999 ? 1 : next;
}
