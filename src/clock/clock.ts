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
  // The source of the system itself: it is the same in all processes of this host.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
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

/** The time of day at which the monotonic clock was 0, in ms since the Unix epoch: what a {@link steadyClock} needs. */
export function timeOriginOf(clock: Pick<Clock, 'now' | 'monotonic'>): number {
  return clock.now() - clock.monotonic();
}

/** A clock whose time of day does not jump. @param origin of {@link timeOriginOf}, also of another process of this host */
export function steadyClock(origin: number, clock: Clock = systemClock): Clock {
  return {
    now: () => origin + clock.monotonic(),
    monotonic: () => clock.monotonic(),
    schedule: (delay, task) => clock.schedule(delay, task),
  };
}

const timeOrigin = '--time-origin=';

/** The argument by which a child process has the time of day of {@link argumentClock}. */
export function timeOriginArgument(clock: Pick<Clock, 'now' | 'monotonic'>): string {
  return `${timeOrigin}${timeOriginOf(clock)}`;
}

/**
 * A clock whose time of day does not jump. @param args of the process: with {@link timeOriginArgument}, it has the time of the process that
 * wrote that, however often this one is restarted; without, the time of day of this call
 */
export function argumentClock(args: readonly string[]): Clock {
  const given = args.find((arg) => arg.startsWith(timeOrigin));
  return steadyClock(given ? Number(given.slice(timeOrigin.length)) : timeOriginOf(systemClock));
}
