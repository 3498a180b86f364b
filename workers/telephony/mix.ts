import { Limiter } from '../../src/media/limiter.ts';

/** Full scale. It is a power of two, so that sums of up to 512 tracks are exact, and what is taken away of them leaves no trace. */
const fullScale = 32_768;

/** The sum of tracks during one tick. */
export class Mix {
  readonly samples: Float32Array;

  /** @param length in samples */
  constructor(length: number) {
    this.samples = new Float32Array(length);
  }

  add(frame: Int16Array): void {
    addScaled(this.samples, frame, 1 / fullScale);
  }

  /** The sum without a track that is in it. @param own undefined: it is not */
  without(own: Int16Array | undefined): Float32Array {
    if (!own) return this.samples;
    const rest = this.samples.slice();
    addScaled(rest, own, -1 / fullScale);
    return rest;
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

function addScaled(sum: Float32Array, frame: Int16Array, scale: number): void {
  const length = Math.min(sum.length, frame.length);
  for (let index = 0; index < length; index += 1)
    sum[index] = (sum[index] as number) + (frame[index] as number) * scale;
}
