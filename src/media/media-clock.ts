/** Time for what media needs: a clock that never jumps, and timers. */
export interface MediaClock {
  /** Milliseconds; only differences have a meaning. */
  monotonic(): number;
  /** Runs `task` once after `delay` ms. @returns a function that cancels it */
  schedule(delay: number, task: () => void): () => void;
}
