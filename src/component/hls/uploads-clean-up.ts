import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import { expired, type FinishedMedia, type Retention } from '../../storage/retention.ts';
import { noteEnding, uploadsFolder } from './owed-upload.ts';

/** Time between two clean-ups, in ms: that of recordings. */
const interval = 600 * 1000;

export interface UploadsCleanUpOptions {
  /** Absolute path. */
  readonly resourcesBasePath: string;
  readonly retention: Retention;
  /** Whether something goes on in this folder. */
  readonly isBusy: (folder: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface SetAsideStream extends FinishedMedia {
  readonly folder: string;
}

/** Deletes streams that made way before they could be uploaded, once they are too old or too many. */
export class UploadsCleanUp {
  readonly #options: UploadsCleanUpOptions;
  #cancel: () => void = () => undefined;
  #cleaning: Promise<void> = Promise.resolve();

  constructor(options: UploadsCleanUpOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#cleaning;
  }

  #schedule(): void {
    const { clock, logger } = this.#options;
    this.#cancel = clock.schedule(interval, () => {
      this.#cleaning = this.#clean().catch((error: unknown) => {
        logger.error({ err: error }, 'Streams that were never uploaded could not be cleaned up.');
      });
      this.#schedule();
    });
  }

  async #clean(): Promise<void> {
    const { retention, clock, logger } = this.#options;
    for (const { folder } of expired(await this.#streams(), retention, clock.now())) {
      logger.warn({ folder }, 'An old stream that was never uploaded is deleted.');
      // the note first: without this folder it would speak of the one where the stream was made, and what lies there now
      await rm(`${folder}${noteEnding}`, { force: true });
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #streams(): Promise<SetAsideStream[]> {
    const { resourcesBasePath, isBusy } = this.#options;
    const parent = join(resourcesBasePath, uploadsFolder);
    const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
    const folders = entries.flatMap((entry) => (entry.isDirectory() ? [join(parent, entry.name)] : []));
    return await Promise.all(folders.filter((folder) => !isBusy(folder)).map(streamIn));
  }
}

async function streamIn(folder: string): Promise<SetAsideStream> {
  const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return { folder, size, endedAt: Math.max(0, ...files.map(({ mtimeMs }) => mtimeMs)) };
}
