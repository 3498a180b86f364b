import { once } from 'node:events';
import type { Logger } from '../log/logger.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

/**
 * Runs a script when a recording is complete: docs/contracts/jibri.md 6.4. Its exit code, its output and whether it could be started are for
 * the log only, and it may take as long as it likes.
 */
export class FinalizeScript {
  readonly #program: string;
  readonly #logger: Logger;
  readonly #running = new Set<SupervisedProcess>();
  #closed = false;

  constructor(program: string, logger: Logger) {
    this.#program = program;
    this.#logger = logger;
  }

  /** Resolves when it has ended, with whether it ended by itself. Never rejects. */
  async run(directory: string): Promise<boolean> {
    if (this.#closed) return false;
    const options = { name: 'finalize script', program: this.#program, args: [directory], env: environment() };
    // Scripts may leave long uploads running in the background.
    const script = new SupervisedProcess({ ...options, leavesDescendants: true, logger: this.#logger });
    this.#running.add(script);
    const exited = once(script, 'exited');
    script.on('failed', () => undefined);
    try {
      await script.start();
      const [{ code, signal, expected }] = await exited;
      this.#logger.info({ directory, code, signal }, 'The finalize script ended.');
      return !expected;
    } catch (err) {
      this.#logger.error({ err, directory }, 'The finalize script could not be started.');
      return !this.#closed;
    } finally {
      this.#running.delete(script);
    }
  }

  /** Ends running scripts. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((script) => script.close()));
  }
}

const secretNames =
  /^(FJ|JF|SHOAL)_.*(TOKEN|SECRET|KEY|COOKIE|PASS)|^SHOAL_DATABASE_URL$|^JITSI_ADMIN_(SERVERS|SMTP_URL)$/;

/** Our environment without the server's secrets: common scripts read their settings from it. */
function environment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !secretNames.test(entry[0]),
  );
  return Object.fromEntries(entries);
}
