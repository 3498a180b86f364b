import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../log/logger.ts';
import { completeMp4 } from '../storage/complete-mp4.ts';

/** Hidden beside the file while it is written. */
const prefix = '.recording-';
const ending = '.mp4';
/** Ms without a byte after which a file belongs to nobody any more: writers add to theirs several times a second. */
const abandonedAfter = 60_000;

/** @returns a new folder to write a file in that will lie in `destination` */
export async function openWorkingFolder(destination: string): Promise<string> {
  return await mkdtemp(join(destination, prefix));
}

/** Completes what was written, moves it to its place and removes the folder. */
export async function completeWorkingFolder(folder: string, destination: string, logger: Logger): Promise<void> {
  await completeMp4(folder, logger);
  for (const name of await readdir(folder)) {
    if (name.endsWith(ending)) await rename(join(folder, name), join(destination, name));
  }
  await rm(folder, { recursive: true, force: true });
}

/**
 * Completes the files that a crash has left in the directories of a folder.
 * @param now ms since the Unix epoch
 */
export async function completeAbandonedFiles(root: string, now: number, logger: Logger): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const directory = join(root, name);
    const folders = (await readdir(directory).catch(() => [])).filter((each) => each.startsWith(prefix));
    for (const each of folders) {
      const folder = join(directory, each);
      if (!(await isAbandoned(folder, now))) continue;
      logger.warn({ directory }, 'A recording that was cut off is completed.');
      await completeWorkingFolder(folder, directory, logger);
    }
  }
}

/** Only with something in it: nobody may have written anything yet. */
async function isAbandoned(folder: string, now: number): Promise<boolean> {
  const names = await readdir(folder);
  const changes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return changes.length > 0 && changes.every((change) => now - change > abandonedAfter);
}
