import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '../error/start-error.ts';
import { databaseStartError } from './start-failure.ts';
import { locked, unavailability } from './unavailability.ts';

/**
 * Keeps other servers out of a folder: two that believe the same deployments to be theirs would end each other's. It ends with the process,
 * however that ends, because it is a lock of the operating system.
 */
export class FolderLock {
  readonly #file: DatabaseSync;

  /** @param path absolute, of the locked file @throws StartError when another server has it */
  constructor(path: string) {
    try {
      this.#file = new DatabaseSync(path, { timeout: 0 });
    } catch (error) {
      throw databaseStartError(error, path);
    }
    try {
      this.#file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#file.close();
      if (unavailability(error) !== locked) throw databaseStartError(error, path);
      const folder = dirname(path);
      throw new StartError(`Another server uses ${folder}. Stop it, or change FJ_RESOURCES_BASE_PATH.`, {
        cause: error,
      });
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#file.isOpen) this.#file.close();
  }
}
