/** A source of time and timers, passed in so that a test can control it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds of a source that no change of the system's time affects. Only differences have a meaning: use it for durations. */
  monotonic(): number;
  /** Runs `task` once after `delay` ms (any length). @returns a function that cancels it. */
  schedule(delay: number, task: () => void): () => void;
}

/** The maximum delay of a Node.js timer, in ms (about 24.8 days); a longer one would fire at once. */
const maxTimerDelay = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delay, task) {
    let timer: NodeJS.Timeout;
    let left = delay;
    const arm = () => {
      const step = Math.min(left, maxTimerDelay);
      left -= step;
      timer = setTimeout(() => (left > 0 ? arm() : task()), step);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
