import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { extname, relative, resolve } from 'node:path';
import { ShoalError } from '../../error/shoal-error.ts';
import { containedPath, isUnreachable } from '../../storage/contained-path.ts';
import { checkFramerate, type FileOptions } from './options.ts';

/** What can be played, by extension, which counts to the letter. The last two are additions to the reference. */
const formats = new Set(['.h264', '.ogg', '.mp4', '.webm'] as const);
export type FileFormat = typeof formats extends Set<infer F> ? F : never;

/** Pictures per second of raw H264 when the request does not say. */
const defaultFramerate = 30;

/** A file that may be played, open. */
export interface SourceFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
  readonly format: FileFormat;
  /** Pictures per second of raw H264, `null` for everything that carries its own times. */
  readonly framerate: number | null;
}

/**
 * Opens what a request names, checking in the order of docs/contracts/fishjam-rest.md 6.4.
 * @param folder the only one from which files are played, symbolic links resolved
 * @throws ShoalError invalidFilePath, fileNotFound, invalidFramerate, framerateOfAudio, unsupportedFileType
 */
export async function openSourceFile(folder: string, { filePath, framerate }: FileOptions): Promise<SourceFile> {
  const path = filePath.includes('\0') ? undefined : containedPath(folder, filePath);
  if (path === undefined) throw new ShoalError('invalidFilePath');
  const { real, stats } = await locate(folder, path);
  if (!stats.isFile()) throw new ShoalError('fileNotFound');
  const format = checkFormat(extname(path), framerate);
  // Not following: it may have become a link since. Not blocking: or a pipe.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(notFound);
  const opened = await handle.stat();
  if (!opened.isFile()) {
    await handle.close();
    throw new ShoalError('fileNotFound');
  }
  return { handle, size: opened.size, format, framerate: format === '.h264' ? (framerate ?? defaultFramerate) : null };
}

async function locate(folder: string, path: string): Promise<{ real: string; stats: Stats }> {
  const [root, real] = await Promise.all([realpath(folder), realpath(resolve(folder, path))]).catch(notFound);
  if (containedPath(root, relative(root, real)) === undefined) throw new ShoalError('invalidFilePath');
  return { real, stats: await stat(real).catch(notFound) };
}

function checkFormat(extension: string, framerate: number | null): FileFormat {
  checkFramerate(framerate);
  if (extension === '.ogg' && framerate !== null) throw new ShoalError('framerateOfAudio');
  if (!formats.has(extension as FileFormat)) throw new ShoalError('unsupportedFileType');
  // Containers say themselves when each picture is shown.
  if (extension !== '.h264' && framerate !== null) throw new ShoalError('invalidFramerate');
  return extension as FileFormat;
}

function notFound(error: unknown): never {
  if (isUnreachable(error)) throw new ShoalError('fileNotFound');
  throw error;
}
