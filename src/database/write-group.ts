import { setImmediate } from 'node:timers/promises';
import type { Database } from './database.ts';
import type { Queries } from './tables.ts';

type Write = (queries: Queries) => Promise<void>;

interface Waiting {
  readonly write: Write;
  readonly result: PromiseWithResolvers<void>;
}

/** Writes in one transaction what comes at about the same time: each transaction waits for the disk, and SQLite's makes the process wait. */
export class WriteGroup {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when it is written for good. It may be run again. */
  async write(write: Write): Promise<void> {
    const result = Promise.withResolvers<void>();
    this.#waiting.push({ write, result });
    if (!this.#isWriting) void this.#writeAll();
    await result.promise;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await setImmediate();
      const group = this.#waiting;
      this.#waiting = [];
      // What cannot be written must not stop the others.
      if (!(await this.#isWritten(group))) for (const waiting of group) await this.#writeAlone(waiting);
    }
    this.#isWriting = false;
  }

  async #isWritten(group: readonly Waiting[]): Promise<boolean> {
    if (group.length === 1) return false;
    try {
      await this.#transact(async (queries) => {
        for (const { write } of group) await write(queries);
      });
    } catch {
      return false;
    }
    for (const { result } of group) result.resolve();
    return true;
  }

  async #writeAlone({ write, result }: Waiting): Promise<void> {
    await this.#transact(write).then(result.resolve, result.reject);
  }

  async #transact(write: Write): Promise<void> {
    await this.#database.transaction(write, { isolation: 'read committed' });
  }
}
