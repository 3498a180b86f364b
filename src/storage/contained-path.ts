import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';

/**
 * What a name from outside stands for below a folder, as a relative path without `.` and `..`.
 * @returns undefined when it lies outside the folder or is the folder itself
 */
export function containedPath(folder: string, name: string): string | undefined {
  // Like the reference: a leading slash is simply joined.
  const path = relative(folder, resolve(folder, `./${name}`));
  return path === '' || path === '..' || path.startsWith(`..${sep}`) ? undefined : path;
}

/** An open file and its length in bytes. */
export interface StoredFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens a file for reading, when it is one and really lies in the folder, whatever symbolic links say.
 * @param path as {@link containedPath} gave it
 * @returns undefined when there is no such file; whoever gets a handle closes it
 */
export async function openContained(folder: string, path: string): Promise<StoredFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(resolve(folder, path))]);
    if (containedPath(root, relative(root, real)) === undefined) return undefined;
    // Not blocking: the name may belong to a pipe. Not following: it may have become a link since.
    handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, size: stats.size };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
  await handle?.close();
  return undefined;
}

/** Whether a file operation failed because of the name, not because of the machine. */
export function isUnreachable(error: unknown): boolean {
  return unreachable.has((error as NodeJS.ErrnoException).code ?? '');
}

const unreachable = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EACCES',
  'ENXIO',
  'ERR_INVALID_ARG_VALUE',
]);
