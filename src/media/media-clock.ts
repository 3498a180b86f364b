/** A monotonic clock with timers. */
export interface MediaClock {
  /** Milliseconds from an arbitrary origin; only differences have a meaning. */
  monotonic(): number;
  /** Runs `task` once after `delay` ms. @returns a function that cancels it */
  schedule(delay: number, task: () => void): () => void;
}
