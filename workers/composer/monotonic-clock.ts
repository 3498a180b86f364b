import { type Clock, systemClock } from '../../src/clock/clock.ts';

/** A clock that has the correct time at the start of the process and never jumps. */
export const monotonicClock: Clock = {
  ...systemClock,
  now: () => performance.timeOrigin + performance.now(),
};
