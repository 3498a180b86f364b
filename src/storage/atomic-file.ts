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
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const first = await makeParents(path, mode);
  if (first === undefined) return;
  for (let made = path; made.startsWith(first); made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Not by the option of `mkdir`: that never returns where a folder exists in which none can be made, such as `/proc`.
 * @returns the first folder that was made, if any
 */
async function makeParents(path: string, mode?: number): Promise<string | undefined> {
  try {
    await mkdir(path, mode);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return undefined;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const first = await makeParents(dirname(path), mode);
  // Another process may have made it meanwhile.
  await mkdir(path, mode).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return first ?? path;
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
  // Some network file systems change the number of a file, but not its size.
  return found !== undefined && (found.ino === open.ino || found.size === open.size);
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
