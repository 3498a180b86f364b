import { appendFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import PQueue from 'p-queue';
import type { Logger } from '../../log/logger.ts';
import { makeFolder, syncFile, syncFolder, unfinishedSuffix } from '../../storage/atomic-file.ts';

export interface StreamFolderOptions {
  readonly path: string;
  readonly logger: Logger;
  /** Whether files are synced to disk: complete ones are, once a text is written after them. */
  readonly durable?: boolean;
  /** Whether the disk has space for media. */
  readonly hasSpace?: () => Promise<boolean>;
}

/** The files of a stream on disk, written one after the other. A file exists completely or not at all. */
export class StreamFolder {
  readonly path: string;
  readonly #logger: Logger;
  readonly #durable: boolean;
  readonly #hasSpace: () => Promise<boolean>;
  readonly #queue = new PQueue({ concurrency: 1 });
  /** Texts to be written, by name: only the newest version of each. */
  readonly #texts = new Map<string, () => string>();
  /** Name of the file with a failed write. */
  #incomplete: string | undefined;
  #failing = false;

  private constructor({ path, logger, durable = false, hasSpace = async () => true }: StreamFolderOptions) {
    this.path = path;
    this.#logger = logger;
    this.#durable = durable;
    this.#hasSpace = hasSpace;
  }

  /** Creates an empty folder; files of an earlier stream are deleted. @throws when the disk fails */
  static async create(options: StreamFolderOptions): Promise<StreamFolder> {
    await makeFolder(options.path);
    for (const entry of await readdir(options.path, { withFileTypes: true })) {
      if (!entry.isDirectory()) await rm(join(options.path, entry.name), { force: true });
    }
    if (options.durable) await Promise.all([dirname(options.path), dirname(dirname(options.path))].map(syncFolder));
    return new StreamFolder(options);
  }

  /** Writes a file. @returns whether it succeeded */
  async write(name: string, bytes: Uint8Array | string): Promise<boolean> {
    return await this.#run(name, () => this.#replace(name, bytes));
  }

  /** Appends to a file that gets its name when it is complete; after a crash the written part is left. */
  append(name: string, bytes: Uint8Array): void {
    void this.#run(name, async () => {
      if (this.#incomplete === name) return;
      this.#incomplete = name;
      await this.#requireSpace();
      await appendFile(this.#unfinished(name), bytes);
      this.#incomplete = undefined;
    });
  }

  /** Completes a file. @param bytes all of it, in case a write has failed. @returns whether it succeeded */
  async complete(name: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#run(name, async () => {
      if (this.#incomplete !== name) await this.#name(name);
      else {
        this.#incomplete = undefined;
        await this.#requireSpace();
        await this.#replace(name, bytes);
      }
      if (this.#failing) this.#logger.info('A stream is stored again.');
      this.#failing = false;
    });
  }

  /** Writes a file that changes often. @param text called when its turn comes */
  writeText(name: string, text: () => string): void {
    const waiting = this.#texts.has(name);
    this.#texts.set(name, text);
    if (waiting) return;
    void this.#run(name, async () => {
      const newest = this.#texts.get(name);
      this.#texts.delete(name);
      if (!newest) return;
      await this.#replace(name, newest());
      // One sync for all files that were written in a row.
      if (this.#durable && this.#texts.size === 0) await syncFolder(this.path);
    });
  }

  remove(name: string): void {
    void this.#run(name, () => rm(join(this.path, name), { force: true }));
  }

  /** Resolves when everything has been written. */
  async settle(): Promise<void> {
    while (this.#queue.size > 0 || this.#queue.pending > 0) await this.#queue.onIdle();
  }

  async #replace(name: string, bytes: Uint8Array | string): Promise<void> {
    await writeFile(this.#unfinished(name), bytes);
    await this.#name(name);
  }

  /** Renames a file to its final name, under which it is complete, also after a power loss. */
  async #name(name: string): Promise<void> {
    const unfinished = this.#unfinished(name);
    if (this.#durable) await syncFile(unfinished);
    await rename(unfinished, join(this.path, name));
  }

  async #requireSpace(): Promise<void> {
    if (!(await this.#hasSpace())) throw new Error('Too little space is left on the disk.');
  }

  #unfinished(name: string): string {
    return join(this.path, `${name}${unfinishedSuffix}`);
  }

  async #run(name: string, task: () => Promise<void>): Promise<boolean> {
    return await this.#queue.add(async () => {
      try {
        await task();
        return true;
      } catch (error) {
        if (!this.#failing) this.#logger.error({ err: error }, 'A stream could not be stored; it goes on in memory.');
        this.#failing = true;
        await rm(this.#unfinished(name), { force: true }).catch(() => undefined);
        return false;
      }
    });
  }
}
