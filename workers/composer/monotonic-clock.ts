import { type Clock, systemClock } from '../../src/clock/clock.ts';

/** A clock that is right about the time at the start of the process, and never jumps afterwards. */
export const monotonicClock: Clock = {
  ...systemClock,
  now: () => performance.timeOrigin + performance.now(),
};
