import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeComposite } from '../../src/ffmpeg/composite.ts';
import type { FileJobOptions } from '../../src/ffmpeg/file-job.ts';
import { rewrittenPath } from '../../src/output/complete-mp4.ts';
import { syncFile, syncFolder } from '../../src/storage/atomic-file.ts';
import { type CompositionOptions, compose } from './composition.ts';
import { readTrackFiles } from './track-file.ts';

/**
 * Composes the tracks of a finished recording, in its folder, to `room.mp4`.
 * @param job `onProgress` is called with a fraction from 0 to 1
 * @returns the path of the composite. @throws Error when there is one already, the recording cannot be read, or ffmpeg fails; the
 *   signal's reason
 */
export async function composeRecording(
  folder: string,
  options: CompositionOptions,
  job: FileJobOptions = {},
): Promise<string> {
  const path = join(folder, 'room.mp4');
  if (existsSync(path)) throw new Error(`${path} exists already.`);
  const unfinished = rewrittenPath(path);
  try {
    await writeComposite(compose(await readTrackFiles(folder), options), unfinished, job);
    await syncFile(unfinished);
    await rename(unfinished, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return path;
}
