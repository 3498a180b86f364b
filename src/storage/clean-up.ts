import { basename, dirname, join } from 'node:path';
import type { Logger } from '../log/logger.ts';
import { removeEmpty } from './atomic-file.ts';
import type { Lease } from './lease.ts';
import { foldersIn, type MediaKind, manifestPaths, roomMedia } from './media-kind.ts';
import { StoredMedia } from './stored-media.ts';

/** Time for which uploaded media is kept on this host, in ms: docs/contracts/fishjam-config.md 5.4. */
const uploadedStays = 3600 * 1000;

/** Limits of kept media; both undefined: it is kept for ever. */
export interface Retention {
  /** Maximum age, in ms. */
  readonly age?: number | undefined;
  /** Maximum total size, in bytes. */
  readonly size?: number | undefined;
}

export interface CleanUpOptions {
  readonly kinds: readonly MediaKind[];
  readonly lease: Lease;
  /** Whether there is the room that a folder is named after: its media is not touched. */
  readonly isLive: (folder: string) => boolean;
  readonly retention: Retention;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly logger: Logger;
}

/** Deletes empty media and media that is not needed any more. Media that is still to be uploaded is deleted only if its kind allows it. */
export async function cleanUp({ kinds, lease, isLive, retention, now, logger }: CleanUpOptions): Promise<void> {
  const finished: FinishedMedia[] = [];
  for (const kind of kinds) {
    const all: StoredMedia[] = [];
    // One after the other: files that are open at a time are limited.
    for (const path of await manifestPaths(kind)) {
      const media = await StoredMedia.load(kind, path, lease);
      if (media) all.push(media);
    }
    const busy = new Set(all.flatMap(({ folder, manifest }) => (manifest.owner ? [folder] : [])));
    for (const media of all) {
      const { state, manifest, folder } = media;
      if (busy.has(folder) || (kind.manifests === undefined && isLive(basename(dirname(folder))))) continue;
      const changedAt = await media.changedAt().catch(() => now);
      if (state === 'uploaded' && now - changedAt > uploadedStays) await remove(media);
      else if (media.isSafe) finished.push({ media, endedAt: manifest.endedAt ?? now });
      else if (kind.isExpendable?.(manifest)) finished.push({ media, endedAt: changedAt });
    }
  }
  for (const { media } of expired(finished, retention, now)) await remove(media);
  for (const { root, manifests } of kinds) if (manifests === undefined) await removeEmptyFolders(root, isLive);

  /** What cannot be deleted does not keep the rest. */
  async function remove(media: StoredMedia): Promise<void> {
    const { kind, folder, state } = media;
    logger.info({ folder, state }, `${kind.title} is deleted: it is old.`);
    await media.delete().catch((err: unknown) => logger.error({ err, folder }, `${kind.title} could not be deleted.`));
  }
}

async function removeEmptyFolders(root: string, isLive: (folder: string) => boolean): Promise<void> {
  for (const { room, folder } of await roomMedia(root)) if (!isLive(room)) await removeEmpty(folder);
  for (const room of await foldersIn(root)) if (!isLive(room)) await removeEmpty(join(root, room));
}

type FinishedMedia = { readonly media: StoredMedia; readonly endedAt: number };

/** The media to be deleted: all that is too old, then the oldest until the rest is small enough. */
function expired(finished: readonly FinishedMedia[], { age, size }: Retention, now: number): FinishedMedia[] {
  const oldestFirst = [...finished].sort((a, b) => a.endedAt - b.endedAt);
  let total = oldestFirst.reduce((sum, { media }) => sum + media.size, 0);
  return oldestFirst.filter(({ media, endedAt }) => {
    const tooOld = age !== undefined && now - endedAt >= age;
    const tooMuch = size !== undefined && total > size;
    if (!tooOld && !tooMuch) return false;
    total -= media.size;
    return true;
  });
}
