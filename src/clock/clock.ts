/** Time, from outside, so that a test can hold it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `task` once after `delay` ms, of any length. @returns a function that cancels it. */
  schedule(delay: number, task: () => void): () => void;
}

/** The longest delay that the runtime's timer can hold, in ms (about 24.8 days); longer ones would fire at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delay, task) {
    let timer: NodeJS.Timeout;
    let left = delay;
    const arm = () => {
      const step = Math.min(left, longestTimer);
      left -= step;
      timer = setTimeout(() => (left > 0 ? arm() : task()), step);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
