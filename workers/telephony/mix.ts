import { Limiter } from '../../src/media/limiter.ts';

/** Full scale. It is a power of two, so that sums of up to 512 tracks are exact, and what is taken away of them leaves no trace. */
const fullScale = 32_768;

/** The sum of tracks during one tick. */
export class Mix {
  readonly #sum: Float32Array;

  /** @param length in samples */
  constructor(length: number) {
    this.#sum = new Float32Array(length);
  }

  add(frame: Int16Array): void {
    for (let index = 0; index < frame.length; index += 1) {
      this.#sum[index] = (this.#sum[index] ?? 0) + (frame[index] ?? 0) / fullScale;
    }
  }

  /** The sum without a track that is in it. @param own undefined: it is not */
  without(own: Int16Array | undefined): Float32Array {
    if (!own) return this.#sum;
    return this.#sum.map((value, index) => value - (own[index] ?? 0) / fullScale);
  }
}

/** What one phone hears of a mix. */
export class MixListener {
  readonly rate: number;
  readonly #limiter: Limiter;

  constructor(rate: number) {
    this.rate = rate;
    this.#limiter = new Limiter(1, rate);
  }

  /** 20 ms of the mix, without clipping. @param own the listener's own track, which it does not hear */
  hear(mix: Mix, own: Int16Array | undefined): Int16Array {
    return this.#limiter.apply(mix.without(own));
  }
}
