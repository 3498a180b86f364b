import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What is added to a name while the file is being written. */
export const unfinishedSuffix = '.tmp';

/** Replaces a file so that, whatever happens, readers find the old text or the new one, whole. One call at a time for one path. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const unfinished = `${path}${unfinishedSuffix}`;
  try {
    const handle = await open(unfinished, 'w', 0o640);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a folder and those above it, so that their names survive a loss of power. @param path absolute, without `.` and `..` */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.startsWith(first); made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the bytes of a file survive a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Makes new names in a folder survive a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
