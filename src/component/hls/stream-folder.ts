import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Logger } from '../../log/logger.ts';

/** The files of a stream on disk, written one after the other. A file is there completely or not at all. */
export class StreamFolder {
  readonly path: string;
  readonly #logger: Logger;
  readonly #queue = new PQueue({ concurrency: 1 });
  /** Texts that wait to be written, by name: only the newest of each. */
  readonly #texts = new Map<string, () => string>();
  #failed = false;

  private constructor(path: string, logger: Logger) {
    this.path = path;
    this.#logger = logger;
  }

  /** Makes an empty folder: what an earlier stream left there is erased. @throws when the disk does not let us */
  static async create(path: string, logger: Logger): Promise<StreamFolder> {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true });
    return new StreamFolder(path, logger);
  }

  /** Whether something could not be written: the disk is full, say. The stream itself goes on. */
  get failed(): boolean {
    return this.#failed;
  }

  /** @returns whether the file is there */
  async write(name: string, bytes: Uint8Array | string): Promise<boolean> {
    return await this.#run(async () => {
      const path = join(this.path, name);
      // Not a name that is served or uploaded.
      const temporary = `${path}.new`;
      await writeFile(temporary, bytes);
      await rename(temporary, path);
    });
  }

  /** For a file that is written again and again. @param text made when its turn comes */
  writeText(name: string, text: () => string): void {
    const waiting = this.#texts.has(name);
    this.#texts.set(name, text);
    if (waiting) return;
    void this.#queue.add(async () => {
      const newest = this.#texts.get(name);
      this.#texts.delete(name);
      if (newest) void this.write(name, newest());
    });
  }

  remove(name: string): void {
    void this.#run(() => rm(join(this.path, name), { force: true }));
  }

  /** Resolves when all is written. */
  async settle(): Promise<void> {
    while (this.#queue.size > 0 || this.#queue.pending > 0) await this.#queue.onIdle();
  }

  async #run(task: () => Promise<void>): Promise<boolean> {
    return await this.#queue.add(async () => {
      try {
        await task();
        return true;
      } catch (error) {
        if (!this.#failed) this.#logger.error({ err: error }, 'A stream could not be stored; it goes on in memory.');
        this.#failed = true;
        return false;
      }
    });
  }
}
