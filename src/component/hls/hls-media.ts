import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../log/logger.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import { undefinedIfMissing } from '../../storage/atomic-file.ts';
import { folderName } from '../../storage/folder-name.ts';
import { type EndedMedia, foldersIn, type MediaKind, type Stray } from '../../storage/media-kind.ts';
import type { MediaManifest } from '../../storage/media-manifest.ts';
import { completeInterruptedStream, isInterrupted } from './interrupted-stream.ts';
import { removeDeleted } from './recordings.ts';

/** Folders in the resources folder: docs/contracts/fishjam-config.md 4. The last one is ours: manifests, and streams that were moved aside. */
const folders = { persistent: 'recordings', temporary: 'temporary_hls', manifests: 'hls_uploads' } as const;
const playlistType = 'application/vnd.apple.mpegurl';

/** A note of the first version about a stream to be uploaded. */
const EarlierSchema = z.object({
  version: z.literal(1),
  roomId: z.string(),
  folder: z.string(),
  /** Encrypted credentials. */
  account: z.string(),
});

/** Folder of a room's stream, relative to the resources folder. */
export function streamFolder(roomId: string, persistent: boolean): string {
  return join(persistent ? folders.persistent : folders.temporary, folderName(roomId));
}

/** HLS streams, and what happens to their files when their rooms end. docs/contracts/fishjam-config.md 6. */
export class HlsMedia implements MediaKind {
  readonly name = 'hls';
  readonly title = 'A stream';
  /** Absolute path of the resources folder. */
  readonly root: string;
  readonly manifests: string;
  readonly keyDepth = 1;
  readonly replaces = true;
  readonly startsWhenFull = true;
  /** Persistent streams are served as soon as the server listens. */
  readonly urgent = true;
  readonly #events: RoomEvents;
  readonly #logger: Logger;

  constructor(root: string, events: RoomEvents, logger: Logger) {
    this.root = root;
    this.manifests = join(root, folders.manifests);
    this.#events = events;
    this.#logger = logger;
  }

  async prepare(): Promise<void> {
    await removeDeleted(join(this.root, folders.persistent));
  }

  manifestName(roomId: string, startedAt: number): string {
    return `${folderName(roomId)}_${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}`;
  }

  traits(name: string) {
    if (name.endsWith('.m3u8')) return { contentType: playlistType, last: true };
    return /\.(m4s|mp4)$/.test(name) ? {} : undefined;
  }

  outcome(manifest: MediaManifest) {
    const { persistent } = manifest.details ?? {};
    return persistent === true && !this.isExpendable(manifest) ? ('forget' as const) : ('remove' as const);
  }

  /** A stream that was moved aside is not listed as a recording, and would stay for ever if its store never works again. */
  isExpendable({ folder = '' }: MediaManifest): boolean {
    return folder.startsWith(`${folders.manifests}/`);
  }

  async finish({ folder, manifest: { roomId, upload, details } }: EndedMedia): Promise<undefined> {
    if (!upload && details?.persistent !== true) return;
    try {
      const completed = await completeInterruptedStream(folder);
      if (completed) this.#logger.info({ roomId, folder, ...completed }, 'The playlist of a stream is completed.');
      if (completed?.segments === 0) await this.#removeAll(folder);
    } catch (err) {
      // The disk, which may have space again later. What is damaged stays so.
      if ((err as NodeJS.ErrnoException).code !== undefined) throw err;
      this.#logger.error({ err, roomId, folder }, 'A stream that was interrupted could not be completed.');
    }
  }

  onUploaded({ roomId }: MediaManifest): void {
    this.#events.emit({ type: 'hlsUploaded', roomId });
  }

  onUploadFailed({ roomId }: MediaManifest): void {
    this.#events.emit({ type: 'hlsUploadCrashed', roomId });
  }

  upgrade(value: unknown): MediaManifest | undefined {
    const { data } = EarlierSchema.safeParse(value);
    if (!data) return undefined;
    const { roomId, folder, account } = data;
    const details = { persistent: folder.startsWith(`${folders.persistent}/`) };
    const shared = { version: 2, kind: this.name, state: 'recording', startedAt: 0, files: {} } as const;
    return { ...shared, roomId, folder, upload: { prefix: '', account }, details };
  }

  /** Streams of the first version that were not to be uploaded. */
  async strays(known: ReadonlySet<string>, isFirst: boolean): Promise<readonly Stray[]> {
    const found: Stray[] = [];
    for (const persistent of isFirst ? [true, false] : []) {
      const parent = join(this.root, persistent ? folders.persistent : folders.temporary);
      const roomIds = await foldersIn(parent);
      // Listed last: another server may have begun a stream meanwhile. One whose manifest cannot be read is kept, too.
      const manifests = (await readdir(this.manifests).catch(undefinedIfMissing)) ?? [];
      for (const roomId of roomIds) {
        const folder = join(parent, roomId);
        const isNoted = manifests.some((name) => name.startsWith(`${roomId}_`));
        if (known.has(folder) || (persistent ? !(await isInterrupted(folder)) : isNoted)) continue;
        found.push({ roomId, startedAt: 0, folder, details: { persistent } });
      }
    }
    return found;
  }

  /** Removes a stream without playable media. */
  async #removeAll(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (this.traits(basename(name))) await rm(join(folder, name), { force: true });
    }
  }
}
