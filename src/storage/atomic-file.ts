import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What is added to a name while the file is being written. */
export const unfinishedSuffix = '.part';

/** Whether a file is still being written, or its writer died. Earlier versions had other marks, too. */
export function isUnfinished(name: string): boolean {
  return /\.(part|tmp|new)$/.test(name);
}

/** The name that an unfinished file is to have. */
export function withoutMark(name: string): string {
  return isUnfinished(name) ? withoutMark(name.slice(0, name.lastIndexOf('.'))).replace(/\.whole$/, '') : name;
}

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

/** Removes a folder if nothing is in it. */
export async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });
}

/** For `catch`. */
export function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
