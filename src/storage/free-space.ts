import { statfs } from 'node:fs/promises';
import type { Clock } from '../clock/clock.ts';

/** Time between two looks, in ms: even a fast disk is not filled in it. */
const interval = 1000;

/** Bytes that are free for us where the path lies. */
export type ReadFreeSpace = (path: string) => Promise<number>;

export const readFreeSpace: ReadFreeSpace = async (path) => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

export interface FreeSpaceOptions {
  readonly path: string;
  /** Bytes. 0: never too little. */
  readonly min: number;
  readonly clock: Clock;
  /** Called at each look that finds less. */
  readonly onLow: () => void;
  readonly read?: ReadFreeSpace;
}

/** Looks after the space on a disk as long as somebody writes to it. */
export class FreeSpace {
  readonly #options: FreeSpaceOptions;
  #cancel: (() => void) | undefined;
  #watching = false;

  constructor(options: FreeSpaceOptions) {
    this.#options = options;
  }

  /** Whether it looks from time to time. */
  get watching(): boolean {
    return this.#watching;
  }

  /** @returns whether there is enough; also when the disk cannot be asked */
  async enough(): Promise<boolean> {
    const { path, min, read = readFreeSpace } = this.#options;
    if (min === 0) return true;
    try {
      return (await read(path)) >= min;
    } catch {
      return true;
    }
  }

  /** Begins to look. Idempotent. */
  watch(): void {
    if (this.#watching || this.#options.min === 0) return;
    this.#watching = true;
    this.#schedule();
  }

  /** Stops looking. Idempotent. */
  rest(): void {
    this.#watching = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.schedule(interval, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (!(await this.enough()) && this.#watching) this.#options.onLow();
    if (this.#watching) this.#schedule();
  }
}
