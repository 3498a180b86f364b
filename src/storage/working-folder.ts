import { mkdir } from 'node:fs/promises';
import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { FreeSpace, type ReadFreeSpace } from './free-space.ts';
import type { OutputPlace } from './output-place.ts';
import { completeWorkingFolder, openWorkingFolder } from './unfinished-files.ts';

export interface WorkingFolderOptions {
  /** Where the files will lie. */
  readonly destination: string;
  /** Bytes below which the disk is full; 0: never. */
  readonly leastFree: number;
  readonly readFreeSpace?: ReadFreeSpace;
  readonly clock?: Clock;
  readonly logger: Logger;
}

/** A hidden folder beside the files to be: nothing there looks complete before it is. */
export class WorkingFolder implements OutputPlace {
  readonly #options: WorkingFolderOptions;
  #space: FreeSpace | undefined;
  #folder: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WorkingFolderOptions) {
    this.#options = options;
  }

  async open(onFull: () => void): Promise<string | undefined> {
    const { destination: path, leastFree: least, readFreeSpace: read, clock = systemClock } = this.#options;
    await mkdir(path, { recursive: true, mode: 0o750 });
    const space = new FreeSpace({ path, least, clock, onLow: onFull, ...(read && { read }) });
    if (!(await space.enough())) return undefined;
    this.#folder = await openWorkingFolder(path);
    this.#space = space;
    space.watch();
    return this.#folder;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { destination, logger } = this.#options;
    this.#space?.rest();
    if (this.#folder !== undefined) await completeWorkingFolder(this.#folder, destination, logger);
  }
}
