/** Chooses which frames of a track are shown: at most one per tick of the program, the first. */
export class FrameRateLimit {
  readonly #frameRate: number;
  #tick = Number.NaN;

  /** @param frameRate of the program */
  constructor(frameRate: number) {
    this.#frameRate = frameRate;
  }

  /** Whether the next frame is shown. @param time at which it is due, in ms from the start of the program */
  takes(time: number): boolean {
    // a frame that is due within half a tick belongs to it
    const tick = Math.ceil((time * this.#frameRate) / 1000 - 0.5);
    const isFirst = tick !== this.#tick;
    this.#tick = tick;
    return isFirst;
  }
}
