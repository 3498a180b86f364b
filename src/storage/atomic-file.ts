import { type FileHandle, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Suffix of the name of a file that is being written. */
export const unfinishedSuffix = '.part';

/** Whether a file is unfinished: still being written, or left by a writer that died. Earlier versions used other marks, too. */
export function isUnfinished(name: string): boolean {
  return /\.(part|tmp|new)$/.test(name);
}

/** The final name of an unfinished file. */
export function withoutMark(name: string): string {
  return isUnfinished(name) ? withoutMark(name.slice(0, name.lastIndexOf('.'))).replace(/\.whole$/, '') : name;
}

/** Replaces a file atomically: readers find the old or the new text, also after a crash. Calls for one path must be sequential. */
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

/** Creates a folder and its parents, and syncs them to disk. @param path absolute, without `.` and `..` */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.startsWith(first); made = dirname(made)) await syncFolder(dirname(made));
}

/** Syncs a file to disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Syncs the names in a folder to disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether an open file still is what a path leads to: writing to a file that was removed or replaced succeeds. */
export async function isAt(path: string, handle: FileHandle): Promise<boolean> {
  const [found, open] = await Promise.all([stat(path).catch(undefinedIfMissing), handle.stat()]);
  return found?.ino === open.ino && found.dev === open.dev;
}

/** Removes a folder if it is empty. */
export async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });
}

/** For `catch`: ignores that a file does not exist. */
export function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
