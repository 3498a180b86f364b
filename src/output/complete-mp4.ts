import { readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { remux } from '../ffmpeg/remux.ts';
import type { Logger } from '../log/logger.ts';
import { fragmentEnd } from '../media/mp4/fragment-end.ts';
import { syncFile, syncFolder, unfinishedSuffix } from '../storage/atomic-file.ts';

/** Number of attempts before a file is left fragmented. */
const attempts = 3;

/** Whether a file is a fragmented MP4 that can be played. */
export const isFragments = (name: string) => name.endsWith(`.mp4${unfinishedSuffix}`);

/** Temporary name of a completed MP4. It is not a name of a fragmented file. */
export const rewrittenPath = (path: string) => `${path}.whole${unfinishedSuffix}`;

interface CompleteOptions {
  readonly logger: Logger;
  readonly signal?: AbortSignal;
}

/**
 * Rewrites every fragmented `….mp4.part` of a folder as an MP4 with its index at the start. When that fails, the fragmented file gets the
 * name: it can be played, too.
 * @param isOurs whether a file may be changed, by its final name @throws when the disk fails; the signal's reason when it is aborted
 */
export async function completeMp4(
  folder: string,
  options: CompleteOptions,
  isOurs = (_name: string) => true,
): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isFragments(name) || !isOurs(name.slice(0, -unfinishedSuffix.length))) continue;
    const fragments = join(folder, name);
    await trim(fragments);
    if ((await stat(fragments)).size === 0) await rm(fragments);
    else await complete(fragments, options);
    await syncFolder(folder);
  }
}

async function complete(fragments: string, options: CompleteOptions): Promise<void> {
  const path = fragments.slice(0, -unfinishedSuffix.length);
  const rewritten = rewrittenPath(path);
  if (await isRewritten(fragments, rewritten, options)) {
    await syncFile(rewritten);
    await rename(rewritten, path);
    // The fragmented file is removed once the new one is synced to disk.
    await syncFolder(join(path, '..'));
    await rm(fragments);
  } else {
    await rm(rewritten, { force: true });
    options.logger.warn(
      { file: basename(path) },
      'A composed recording stays in fragments: it could not be rewritten.',
    );
    await rename(fragments, path);
  }
}

/** Cuts off an incomplete fragment at the end, left by a power loss or a full disk. */
async function trim(fragments: string): Promise<void> {
  const end = await fragmentEnd(fragments);
  if (end > 0 && end < (await stat(fragments)).size) await truncate(fragments, end);
}

async function isRewritten(fragments: string, rewritten: string, options: CompleteOptions): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      await remux(fragments, rewritten, options);
      return true;
    } catch (err) {
      options.signal?.throwIfAborted();
      options.logger.debug({ err, file: basename(fragments) }, 'An MP4 file could not be rewritten.');
    }
  }
  return false;
}
