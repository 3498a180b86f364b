import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ReadFreeSpace } from '../../src/storage/free-space.ts';
import { commandOutput } from '../command-output.ts';

/** A disk of few bytes that others fill, too. Where nobody may mount one, a folder of which it is only said. */
export class SmallDisk {
  readonly path: string;
  /** Whether it can really be full. */
  readonly isReal: boolean;
  readonly #ballast: string;
  #free: number;
  readonly #size: number;

  private constructor(path: string, isReal: boolean, size: number) {
    this.path = path;
    this.isReal = isReal;
    this.#ballast = join(path, 'ballast');
    this.#size = size;
    this.#free = size;
  }

  static async open(t: Pick<Test, 'teardown'>, size: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), 'shoal-disk-'));
    const isReal = await commandOutput('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).then(
      () => true,
      () => false,
    );
    t.teardown(async () => {
      if (isReal) await commandOutput('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    });
    return new SmallDisk(path, isReal, size);
  }

  /** Bytes that are left. */
  readonly free: ReadFreeSpace = async () => {
    if (!this.isReal) return this.#free;
    const { bavail, bsize } = await statfs(this.path);
    return bavail * bsize;
  };

  /** Others write until so many bytes are left. */
  async fill(left: number): Promise<void> {
    if (this.isReal) {
      const bytes = Buffer.alloc(Math.max((await this.free(this.path)) - left, 0));
      await writeFile(this.#ballast, bytes).catch((error: NodeJS.ErrnoException) => {
        // somebody was faster
        if (error.code !== 'ENOSPC') throw error;
      });
    }
    this.#free = left;
  }

  /** From now on nobody may write, not even root. @returns whether that is so: only a real one can be forbidden */
  async forbid(): Promise<boolean> {
    if (this.isReal) await commandOutput('mount', ['-o', 'remount,ro', this.path]);
    return this.isReal;
  }

  /** Ends {@link forbid}. */
  async allow(): Promise<void> {
    if (this.isReal) await commandOutput('mount', ['-o', 'remount,rw', this.path]);
  }

  /** Others remove what they wrote. */
  async clear(): Promise<void> {
    await rm(this.#ballast, { force: true });
    this.#free = this.#size;
  }
}
