import { statfs } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';

/** Interval of checks, in ms; even a fast disk does not fill up within it. */
const interval = 1000;

/** Free space of the disk of a path, in bytes. */
export type ReadFreeSpace = (path: string) => Promise<number>;

export const readFreeSpace: ReadFreeSpace = async (path) => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

export interface FreeSpaceOptions {
  readonly path: string;
  /** Minimum free space, in bytes. 0: no minimum. */
  readonly min: number;
  readonly clock: Clock;
  /** Called at each check that finds less. */
  readonly onLow: () => void;
  readonly read?: ReadFreeSpace;
}

/** Watches the free space of a disk while it is written to. */
export class FreeSpace {
  readonly #options: FreeSpaceOptions;
  #checks: Interval | undefined;

  constructor(options: FreeSpaceOptions) {
    this.#options = options;
  }

  /** @returns whether there is enough space; true when it cannot be determined */
  async enough(): Promise<boolean> {
    const { path, min, read = readFreeSpace } = this.#options;
    if (min === 0) return true;
    try {
      return (await read(path)) >= min;
    } catch {
      return true;
    }
  }

  /** Starts watching. Idempotent. */
  watch(): void {
    if (this.#options.min > 0) this.#checks ??= new Interval(this.#options.clock, interval, () => this.#look());
  }

  /** Stops watching. Idempotent. */
  rest(): void {
    void this.#checks?.close();
    this.#checks = undefined;
  }

  async #look(): Promise<void> {
    if (!(await this.enough()) && this.#checks) this.#options.onLow();
  }
}
