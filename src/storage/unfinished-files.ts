import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { completeMp4 } from './complete-mp4.ts';

/** Hidden beside the file while it is written. */
const prefix = '.recording-';
const ending = '.mp4';
/** Ms without a byte after which a file belongs to nobody any more: writers add to theirs several times a second. */
const abandonedAfter = 60_000;
/** Ms after the start at which recordings that a crash has left are completed. */
const sweepDelay = 65_000;

/** @returns a new folder to write a file in that will lie in `destination` */
export async function openWorkingFolder(destination: string): Promise<string> {
  return await mkdtemp(join(destination, prefix));
}

/** Completes what was written, moves it to its place beside files that have its name already, and removes the folder. */
export async function completeWorkingFolder(folder: string, destination: string, logger: Logger): Promise<void> {
  await completeMp4(folder, logger);
  for (const name of await readdir(folder)) {
    if (name.endsWith(ending)) await rename(join(folder, name), join(destination, await freeName(destination, name)));
  }
  await rm(folder, { recursive: true, force: true });
}

/** Two recordings of a room that begin within the same second want the same name: neither replaces the other. */
async function freeName(destination: string, name: string): Promise<string> {
  const taken = new Set(await readdir(destination));
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${basename(name, ending)}-${count}${ending}`;
  return free;
}

/** Completes what a crash has left, as soon as it is certain that nobody writes to it. @returns cancels it */
export function sweepAbandonedFiles(folder: string, clock: Clock, logger: Logger): () => void {
  return clock.schedule(sweepDelay, async () => {
    await completeAbandonedFiles(folder, clock.now(), logger).catch((err: unknown) => {
      logger.error({ err, folder }, 'Recordings that were cut off could not be completed.');
    });
  });
}

/**
 * Completes the files that a crash has left in the directories of a folder.
 * @param now ms since the Unix epoch
 */
export async function completeAbandonedFiles(root: string, now: number, logger: Logger): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const directory = join(root, name);
    for (const folder of await workingFolders(directory)) {
      // Only with something in it: nobody may have written anything yet.
      const isEmpty = (await readdir(folder)).length === 0;
      if (!isEmpty && (await areAllOld(folder, now))) await completeAbandoned(folder, directory, logger);
    }
  }
}

/**
 * As {@link completeAbandonedFiles}, for one directory, in which nobody may be about to write.
 * @returns whether no unfinished file is left there
 */
export async function completeAbandonedFilesIn(directory: string, now: number, logger: Logger): Promise<boolean> {
  let complete = true;
  for (const folder of await workingFolders(directory)) {
    if (!isOld((await stat(folder)).mtimeMs, now) || !(await areAllOld(folder, now))) complete = false;
    else await completeAbandoned(folder, directory, logger);
  }
  return complete;
}

async function completeAbandoned(folder: string, directory: string, logger: Logger): Promise<void> {
  logger.warn({ directory }, 'A recording that was cut off is completed.');
  await completeWorkingFolder(folder, directory, logger);
}

async function workingFolders(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.flatMap((name) => (name.startsWith(prefix) ? [join(directory, name)] : []));
}

const isOld = (changedAt: number, now: number) => now - changedAt > abandonedAfter;

async function areAllOld(folder: string, now: number): Promise<boolean> {
  const changes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).mtimeMs);
  return (await Promise.all(changes)).every((change) => isOld(change, now));
}
