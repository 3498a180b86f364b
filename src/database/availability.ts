import { ShoalError } from '../error/shoal-error.ts';
import type { Logger } from '../log/logger.ts';
import { unavailability } from './unavailability.ts';

/** Makes of errors what the server throws, and logs when the database goes and comes. */
export class Availability {
  readonly #logger: Logger;
  #isAway = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Something was written for good. */
  worked(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#logger.info('The database is available again.');
  }

  /**
   * @param reason of an error that tells none
   * @returns ShoalError databaseUnavailable when the statement is not to blame, else the error itself
   */
  translate(error: unknown, reason = unavailability(error)): unknown {
    if (reason === undefined) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (!this.#isAway) this.#logger.error({ reason, code, cause: message }, 'The database is not available.');
    this.#isAway = true;
    const translated = new ShoalError('databaseUnavailable', reason);
    translated.cause = error;
    return translated;
  }
}
