import { argumentClock } from '../../src/clock/clock.ts';

/** The clock of a worker. It never jumps, not even when the worker is replaced after a change of the time of day. */
export const monotonicClock = argumentClock(process.argv);
