import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import { diskIsFull, unavailability } from './unavailability.ts';

/** An outage that nothing was heard of for so long, in ms, is over. */
const outageTime = 60_000;

/** Whether an error says that there is no database at the moment. */
export function isUnavailable(error: unknown): error is ShoalError {
  return error instanceof ShoalError && error.code === 'databaseUnavailable';
}

/** Makes of errors what the server throws, and logs when the database goes and comes. */
export class Availability {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #outage: { readonly reason: string; readonly at: number } | undefined;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Whether there was no room lately. */
  get isFull(): boolean {
    return this.#outage?.reason === diskIsFull;
  }

  /** Something was written for good. */
  worked(): void {
    // Where there is no room for much there may be some for a little.
    if (!this.isFull) this.hasRoom();
  }

  /** Something large was written for good. */
  hasRoom(): void {
    if (this.#outage) this.#logger.info('The database is available again.');
    this.#outage = undefined;
  }

  /**
   * @param reason of an error that tells none
   * @returns ShoalError databaseUnavailable when the statement is not to blame, else the error itself
   */
  translate(error: unknown, reason = unavailability(error)): unknown {
    if (reason === undefined) return error;
    const at = this.#clock.monotonic();
    const { code, message } = error as NodeJS.ErrnoException;
    const isKnown = this.#outage && at - this.#outage.at < outageTime;
    if (!isKnown) this.#logger.error({ reason, code, cause: message }, 'The database is not available.');
    this.#outage = { reason, at };
    const translated = new ShoalError('databaseUnavailable', reason);
    translated.cause = error;
    return translated;
  }
}
