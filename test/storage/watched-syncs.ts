import { open, stat } from 'node:fs/promises';
import type { Test } from 'tap';

/** Bytes that a file has at each moment when it is forced to the disk: what would survive a loss of power. */
export async function watchSyncs(t: Pick<Test, 'teardown'>, path: string): Promise<number[]> {
  const handle = await open(path);
  const prototype = Object.getPrototypeOf(handle) as { datasync(): Promise<void> };
  await handle.close();
  const { datasync } = prototype;
  const kept: number[] = [];
  prototype.datasync = async function sync(this: unknown) {
    kept.push((await stat(path)).size);
    await datasync.call(this);
  };
  t.teardown(() => {
    prototype.datasync = datasync;
  });
  return kept;
}
