import { mkdir, open, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';

interface Handle {
  readonly fd: number;
  sync(): Promise<void>;
  datasync(): Promise<void>;
}

/**
 * A folder as a disk has it that keeps nothing but what it was made to keep: the bytes of a file since they were forced to it, a name
 * since its folder was.
 */
export class PowerLoss {
  readonly #folder: string;
  /** By inode. */
  readonly #bytes = new Map<number, Buffer>();
  /** Inodes by name. */
  #names = new Map<string, number>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder need not exist yet */
  static async watch(t: Pick<Test, 'teardown'>, folder: string): Promise<PowerLoss> {
    const disk = new PowerLoss(folder);
    const any = await open('/dev/null');
    const prototype = Object.getPrototypeOf(any) as Handle;
    await any.close();
    const { sync, datasync } = prototype;
    const watched = (original: () => Promise<void>) =>
      async function forced(this: Handle) {
        await original.call(this);
        await disk.#keep(await readlink(`/proc/self/fd/${this.fd}`));
      };
    Object.assign(prototype, { sync: watched(sync), datasync: watched(datasync) });
    t.teardown(() => Object.assign(prototype, { sync, datasync }));
    return disk;
  }

  /** Puts what is left into another folder. */
  async restore(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [name, inode] of this.#names)
      await writeFile(join(folder, name), this.#bytes.get(inode) ?? Buffer.alloc(0));
  }

  async #keep(path: string): Promise<void> {
    if (path === this.#folder) this.#names = new Map(await inodes(path));
    else if (path.startsWith(`${this.#folder}/`)) {
      const handle = await open(path);
      const found = await handle.stat();
      if (found.isFile()) this.#bytes.set(found.ino, await handle.readFile());
      await handle.close();
    }
  }
}

async function inodes(folder: string): Promise<[string, number][]> {
  return await Promise.all(
    (await readdir(folder)).map(
      async (name): Promise<[string, number]> => [name, (await stat(join(folder, name))).ino],
    ),
  );
}
