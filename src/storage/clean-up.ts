import { readdir, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expired, type Retention } from './retention.ts';
import { StoredMedia } from './stored-media.ts';

/** How long uploaded media stays here, in ms: docs/contracts/fishjam-config.md 5.4. */
const uploadedStays = 3600 * 1000;

export interface CleanUpOptions {
  /** Each holds a folder for each room. */
  readonly folders: readonly string[];
  /** Hold folders of media of others, which are looked after only once they have a manifest. */
  readonly others?: readonly string[];
  /** Rooms that exist, and folders in which something goes on, are not touched. */
  readonly isLive: (roomId: string) => boolean;
  readonly isOpen: (folder: string) => boolean;
  readonly retention: Retention;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Told before a folder with media is deleted. */
  readonly onDelete: (media: StoredMedia) => void;
}

/** Folders of media below the folders of their rooms. */
export async function mediaFolders(roots: readonly string[]): Promise<{ roomId: string; path: string }[]> {
  const found: { roomId: string; path: string }[] = [];
  for (const { roomId, path } of await roomFolders(roots)) {
    for (const part of await folders(path)) found.push({ roomId, path: join(path, part) });
  }
  return found;
}

async function roomFolders(roots: readonly string[]): Promise<{ roomId: string; path: string }[]> {
  const found = roots.map(async (root) =>
    (await folders(root).catch(noneIfMissing)).map((roomId) => ({ roomId, path: join(root, roomId) })),
  );
  return (await Promise.all(found)).flat();
}

/** Folders that others fill with media, below the folders where they do so. */
export async function foldersOfOthers(others: readonly string[]): Promise<string[]> {
  const found = others.map(async (other) => (await folders(other).catch(() => [])).map((name) => join(other, name)));
  return (await Promise.all(found)).flat();
}

/** Deletes what is empty, and what nothing depends on any more. Media that should be uploaded and is not, never. */
export async function cleanUp(options: CleanUpOptions): Promise<void> {
  const { folders: roots, others = [], isLive, isOpen, retention, now, onDelete } = options;
  const finished: { media: StoredMedia; endedAt: number; size: number }[] = [];
  for (const { roomId, path } of await mediaFolders(roots)) {
    if (isLive(roomId) || isOpen(path)) continue;
    const media = await StoredMedia.load(path);
    if (media) await judge(media);
    else await removeEmpty(path);
  }
  for (const path of await foldersOfOthers(others)) {
    const media = isOpen(path) ? undefined : await StoredMedia.load(path);
    if (media) await judge(media);
  }
  for (const { media } of expired(finished, retention, now)) await remove(media);
  for (const { roomId, path } of await roomFolders(roots)) if (!isLive(roomId)) await removeEmpty(path);

  async function judge(media: StoredMedia): Promise<void> {
    const { state, folder: path, manifest, size } = media;
    if (state === 'uploaded' && now - (await newest(path)) > uploadedStays) await remove(media);
    else if (media.isSafe) finished.push({ media, endedAt: manifest.endedAt ?? now, size });
  }

  async function remove(media: StoredMedia): Promise<void> {
    onDelete(media);
    await media.delete();
  }
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

/** A folder is made with the first of what it is for. */
function noneIfMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}

/** When the newest file of a folder was changed, in ms since the Unix epoch. */
async function newest(path: string): Promise<number> {
  const times = await Promise.all((await readdir(path)).map(async (name) => (await stat(join(path, name))).mtimeMs));
  return Math.max(0, ...times);
}

async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });
}
