/** Share of the newest load in the average. */
const weight = 0.2;
/** Shares of a part's duration in which it has to be loaded: above the first it is too slow, below the second fast enough again. */
const [tooSlow, fastEnough] = [1, 0.5];

/** How a part or a segment was loaded: its duration in seconds, and times in ms. */
export interface Load {
  readonly duration: number;
  readonly start: number;
  /** The first byte. */
  readonly first: number;
  readonly end: number;
}

/**
 * Whether parts are loaded as fast as they are made. hls.js asks for one after the other, so that a network with long ways is too slow for
 * them, although its bandwidth suffices: then segments have to be loaded whole.
 */
export class PartPace {
  /** Average time to load a part, as a share of its duration. */
  #share = 0;

  /** @param partTarget in seconds */
  loaded({ duration, start, first, end }: Load, partTarget: number): void {
    if (partTarget <= 0 || duration <= 0) return;
    // Of a segment, what a part of it would have taken.
    const share = (first - start) / (1000 * partTarget) + (end - first) / (1000 * duration);
    this.#share = weight * share + (1 - weight) * this.#share;
  }

  /** Speed at which what is loaded could be played. */
  get rate(): number {
    return 1 / this.#share;
  }

  get isTooSlow(): boolean {
    return this.#share > tooSlow;
  }

  get isFastEnough(): boolean {
    return this.#share < fastEnough;
  }
}
