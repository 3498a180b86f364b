import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { remux } from '../ffmpeg/remux.ts';
import { trackDigests } from '../ffmpeg/track-digests.ts';
import type { Logger } from '../log/logger.ts';
import { fragmentEnd } from '../media/mp4/fragment-end.ts';
import { syncFolder, unfinishedSuffix } from './atomic-file.ts';

/** How often it is tried before a file is left as it was written. */
const attempts = 3;
/** Seconds by which two files of the same packets may seem to differ in length: their clocks count in other units. */
const tolerance = 0.1;

/** Whether a file holds the fragments of an MP4 file, which can be played. */
export const isFragments = (name: string) => name.endsWith(`.mp4${unfinishedSuffix}`);

/** Where the successor of an MP4 file's fragments, or of nothing, is made. It looks like fragments to nobody. */
export const rewrittenPath = (path: string) => `${path}.whole${unfinishedSuffix}`;

/**
 * Makes every `….mp4.part` of a folder, fragmented as it was written, an MP4 that players can start at once and seek in. When that does
 * not succeed, the fragments get the name: they can be played, too.
 * @param isOurs whether a file may be touched, by its name without mark @throws when the disk does not let us
 */
export async function completeMp4(folder: string, logger: Logger, isOurs = (_name: string) => true): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!isFragments(name) || !isOurs(name.slice(0, -unfinishedSuffix.length))) continue;
    const fragments = join(folder, name);
    await trim(fragments);
    if ((await stat(fragments)).size === 0) await rm(fragments);
    else await complete(fragments, logger);
    await syncFolder(folder);
  }
}

async function complete(fragments: string, logger: Logger): Promise<void> {
  const path = fragments.slice(0, -unfinishedSuffix.length);
  const rewritten = rewrittenPath(path);
  if (await isRewritten(fragments, rewritten, logger)) {
    await sync(rewritten);
    await rename(rewritten, path);
    // Fragments go once their successor is there for good.
    await syncFolder(join(path, '..'));
    await rm(fragments);
  } else {
    await rm(rewritten, { force: true });
    logger.warn({ file: basename(path) }, 'A composed recording stays in fragments: it could not be rewritten.');
    await rename(fragments, path);
  }
}

/** Takes away the torn end that a loss of power or a full disk has left. */
async function trim(fragments: string): Promise<void> {
  const end = await fragmentEnd(fragments);
  if (end > 0 && end < (await stat(fragments)).size) await truncate(fragments, end);
}

async function isRewritten(fragments: string, rewritten: string, logger: Logger): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      await remux(fragments, rewritten, { logger });
      if (await isSame(fragments, rewritten)) return true;
    } catch (err) {
      logger.debug({ err, file: basename(fragments) }, 'An MP4 file could not be rewritten.');
    }
  }
  return false;
}

/** By the content: ffmpeg also ends with success when the disk was full. */
async function isSame(fragments: string, rewritten: string): Promise<boolean> {
  const [before, after] = [await trackDigests(fragments), await trackDigests(rewritten)];
  return (
    before.length === after.length &&
    before.every(({ packets, digest, end }, index) => {
      const other = after[index];
      return other?.packets === packets && other.digest === digest && Math.abs(other.end - end) < tolerance;
    })
  );
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
