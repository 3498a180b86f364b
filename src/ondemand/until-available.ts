import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import { isUnavailable } from '../database/availability.ts';
import type { Logger } from '../log/logger.ts';

/** Milliseconds between two attempts. */
const retryInterval = 2000;

export interface AttemptOptions {
  readonly clock: Clock;
  /** Ends the attempts. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/**
 * Does again what fails for lack of a database, until it is there.
 * @throws what else `run` throws, and the reason of the signal when that has aborted
 */
export async function untilAvailable<Result>(
  run: () => Promise<Result>,
  { clock, signal, logger }: AttemptOptions,
): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted();
    try {
      return await run();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (attempts === 1) logger.warn({ cause: error.message }, 'A deployment waits for the database.');
    }
    await pause(clock, retryInterval, signal);
  }
}
