import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { extname, relative, resolve } from 'node:path';
import { ShoalError } from '../../error/shoal-error.ts';
import { containedPath, isUnreachable } from '../../storage/contained-path.ts';
import { checkFramerate, type FileOptions } from './options.ts';

/** The formats of the reference by extension, case-sensitive. */
const formats = ['.h264', '.ogg'] as const;
/** Additions to the reference, in any letter case: cameras write `.MP4`. */
const containerFormats = ['.mp4', '.webm'] as const;
export type ContainerFormat = (typeof containerFormats)[number];
type FileFormat = (typeof formats)[number] | ContainerFormat;

/** Frame rate of raw H264 when the request does not give one, in frames per second. */
const defaultFramerate = 30;

/** An open file that may be played. */
export interface SourceFile {
  readonly handle: FileHandle;
  /** In bytes. */
  readonly size: number;
  readonly format: FileFormat;
  /** Frame rate of raw H264, in frames per second; `null` for formats that have times. */
  readonly framerate: number | null;
}

/**
 * Opens the file of a request, with the checks in the order of docs/contracts/fishjam-rest.md 6.4.
 * @param folder the folder that the file must be in, after symbolic links have been resolved
 * @throws ShoalError invalidFilePath, fileNotFound, invalidFramerate, framerateOfAudio, unsupportedFileType
 */
export async function openSourceFile(folder: string, { filePath, framerate }: FileOptions): Promise<SourceFile> {
  const path = filePath.includes('\0') ? undefined : containedPath(folder, filePath);
  if (path === undefined) throw new ShoalError('invalidFilePath');
  const { real, stats } = await locate(folder, path);
  if (!stats.isFile()) throw new ShoalError('fileNotFound');
  const format = checkFormat(extname(path), framerate);
  // The file may have been replaced since: links are not followed, and opening a pipe must not block.
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
  const container = containerFormats.find((known) => known === extension.toLowerCase());
  const format = container ?? formats.find((known) => known === extension);
  if (!format) throw new ShoalError('unsupportedFileType');
  // Containers have the times of their frames.
  if (format !== '.h264' && framerate !== null) throw new ShoalError('invalidFramerate');
  return format;
}

function notFound(error: unknown): never {
  if (isUnreachable(error)) throw new ShoalError('fileNotFound');
  throw error;
}
