import { join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { completeAbandonedFilesIn } from '../storage/unfinished-files.ts';
import type { SessionFiles } from './session-files.ts';
import { type AbandonedSession, abandonedSessions } from './session-journal.ts';

/** Ms after the start: whoever was alive then has given a sign of life since, and whoever was not is known to be dead. */
const secondLook = 75_000;

/** How long closing waits for a file that is being completed, in ms. */
const closingTime = 2000;

/** Finishes what sessions have left whose server died: the file, the finish steps, storage. */
export class SessionRepair {
  readonly #files: SessionFiles;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #cancel: () => void;
  #working: Promise<void>;
  #closed = false;

  /** Begins at once. */
  constructor(files: SessionFiles, clock: Clock, logger: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#logger = logger;
    this.#working = this.#look();
    this.#cancel = clock.schedule(secondLook, () => {
      this.#working = this.#working.then(() => this.#look());
    });
  }

  /** Stops at the next step; the next server finishes the rest. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(closingTime, resolve);
      void this.#working.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    for (const session of await abandonedSessions(this.#files.recordings, this.#clock.now())) {
      const { directory } = session.entry;
      await this.#repair(session).catch((err: unknown) => {
        this.#logger.error({ err, directory }, 'A recorder session that was cut off could not be completed.');
      });
    }
  }

  async #repair({ entry, remove }: AbandonedSession): Promise<void> {
    const { recordings } = this.#files;
    const { directory, file, startedAt } = entry;
    if (this.#files.isInUse(entry)) return;
    const complete = await completeAbandonedFilesIn(join(recordings, directory), this.#clock.now(), this.#logger);
    if (!complete || this.#closed) return;
    this.#logger.warn({ directory, file, startedAt }, 'A recorder session was cut off; it is completed now.');
    const finalized = entry.finalized || (await this.#files.finalize(entry));
    if (!finalized) return;
    await this.#files.store(entry);
    await remove();
  }
}
