import { open, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { remux } from '../ffmpeg/remux.ts';
import type { Logger } from '../log/logger.ts';
import { fragmentEnd } from '../media/mp4/fragment-end.ts';
import { syncFolder, unfinishedSuffix } from './atomic-file.ts';
import { partSuffix } from './stored-media.ts';

/** How often it is tried before a file is left as it was written. */
const attempts = 3;

/**
 * Makes every `….mp4.part` of a folder, fragmented as it was written, an MP4 that players can start at once and seek in. When that does
 * not succeed, the fragments get the name: they can be played, too.
 */
export async function completeMp4(folder: string, logger: Logger): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(`.mp4${partSuffix}`)) continue;
    const part = join(folder, name);
    const path = part.slice(0, -partSuffix.length);
    await trim(part);
    if ((await stat(part)).size === 0) await rm(part);
    else if (await remuxed(part, path, logger)) {
      // Fragments go once their successor is there for good.
      await syncFolder(folder);
      await rm(part);
    } else {
      logger.warn({ file: basename(path) }, 'A composed recording stays in fragments: it could not be rewritten.');
      await rename(part, path);
    }
    await syncFolder(folder);
  }
}

/** Takes away the torn end that a loss of power or a full disk has left. */
async function trim(part: string): Promise<void> {
  const end = await fragmentEnd(part);
  if (end > 0 && end < (await stat(part)).size) await truncate(part, end);
}

async function remuxed(part: string, path: string, logger: Logger): Promise<boolean> {
  const unfinished = `${path}${unfinishedSuffix}`;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      await remux(part, unfinished, { logger });
      await sync(unfinished);
      await rename(unfinished, path);
      return true;
    } catch (err) {
      logger.debug({ err, file: basename(path) }, 'A composed recording could not be rewritten.');
      await rm(unfinished, { force: true });
    }
  }
  return false;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}
