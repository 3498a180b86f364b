import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';

/**
 * Resolves an external name within a folder, to a relative path without `.` and `..`.
 * @returns undefined when it leads outside the folder or is the folder itself
 */
export function containedPath(folder: string, name: string): string | undefined {
  // As in the reference, a leading slash is ignored.
  const path = relative(folder, resolve(folder, `./${name}`));
  return path === '' || path === '..' || path.startsWith(`..${sep}`) ? undefined : path;
}

/** An open file and its length in bytes. */
export interface StoredFile {
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * Opens a regular file for reading if it is in the folder after symbolic links have been resolved.
 * @param path a result of {@link containedPath}
 * @returns undefined when there is no such file; the caller closes the handle
 */
export async function openContained(folder: string, path: string): Promise<StoredFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    const [root, real] = await Promise.all([realpath(folder), realpath(resolve(folder, path))]);
    if (containedPath(root, relative(root, real)) === undefined) return undefined;
    // The file may have been replaced since: links are not followed, and opening a pipe must not block.
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
