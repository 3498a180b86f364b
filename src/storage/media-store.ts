import { EventEmitter } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import { syncFolder } from './atomic-file.ts';
import { cleanUp, foldersOfOthers, mediaFolders } from './clean-up.ts';
import { EarlyUploads } from './early-uploads.ts';
import { FreeSpace, type ReadFreeSpace } from './free-space.ts';
import { repairTracks, untilQuiet } from './repair.ts';
import type { Retention } from './retention.ts';
import type { OpenBucket, S3Account } from './s3-bucket.ts';
import type { Sealer } from './sealed-text.ts';
import { StoredMedia } from './stored-media.ts';
import { UploadQueue } from './upload-queue.ts';

/** Time between two clean-ups, in ms: section 5.4 of the configuration contract. */
const cleanUpInterval = 600 * 1000;
/** Waits, in ms, before what could not be completed is tried again: doubled from the first to the longest. */
const firstWait = 2000;
const longestWait = 5 * 60 * 1000;
/** How long closing waits for media that is being finalised, in ms; the next server finishes the rest. */
const closingTime = 2000;

export interface MediaStoreOptions {
  /** `raw_recordings`. */
  readonly folder: string;
  /** Folders in which others make folders of media, to be handed over when they are complete. */
  readonly others?: readonly string[];
  /** The account of the environment. */
  readonly account?: S3Account | undefined;
  readonly openBucket: OpenBucket;
  readonly sealer: Sealer;
  readonly retention: Retention;
  /** Bytes that have to stay free; 0: none. */
  readonly leastFree: number;
  readonly isLive: (roomId: string) => boolean;
  /** Completes what {@link OpenMedia.finish} could not, before the files are taken stock of. */
  readonly finishers?: readonly ((folder: string) => Promise<void>)[];
  /** Makes a film of the tracks of a recording that has none, although it was to have one. */
  readonly composeFilm?: (folder: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readFreeSpace?: ReadFreeSpace;
}

export interface BeginOptions {
  readonly roomId: string;
  /** Whether the room is to be recorded as one picture, too. */
  readonly film?: boolean;
  /** Undefined: stays on this host. `account` undefined: that of the environment. */
  readonly upload?: { readonly prefix: string; readonly account?: S3Account | undefined } | undefined;
}

/** Media that is being written. */
export interface OpenMedia {
  /** Exists. */
  readonly folder: string;
  /** Where its clock begins, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** `full`: the disk soon is; whoever writes should finish. */
  readonly observer: EventEmitter<{ full: [] }>;
  /** Nobody writes to this file of it any more: it may be uploaded. */
  complete(name: string): void;
  /** Nobody writes any more; everything else is the store's. Idempotent. */
  finish(): Promise<void>;
}

/** A folder of media that somebody else fills. */
export interface HeldMedia {
  /** It is complete: from now on it is the store's, together with what was handed over of it before. */
  handOver(options: BeginOptions & { readonly startedAt: number }): Promise<void>;
  /** Nothing more comes. Idempotent. */
  release(): void;
}

/** Owns recorded media from its first byte to its end: states, repair, upload, retention, and the space on the disk. */
export class MediaStore {
  readonly #options: MediaStoreOptions;
  readonly #uploads: UploadQueue;
  readonly #space: FreeSpace;
  readonly #open = new Map<string, EventEmitter<{ full: [] }>>();
  /** Folders in which something goes on after the recording. */
  readonly #busy = new Map<string, Promise<void>>();
  readonly #finalising = new Set<Promise<void>>();
  /** Folders of others that are in use, by how many. */
  readonly #held = new Map<string, number>();
  readonly #stopping = new AbortController();
  #cancelCleanUp: () => void = () => undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(options: MediaStoreOptions) {
    this.#options = options;
    const { clock, logger, openBucket } = options;
    this.#uploads = new UploadQueue({
      account: (media) => this.#account(media),
      openBucket,
      clock,
      logger,
    });
    const onLow = () => this.#tellFull();
    const { folder: path, leastFree: least, readFreeSpace: read } = options;
    this.#space = new FreeSpace({ path, least, clock, onLow, ...(read && { read }) });
  }

  /** Goes on with what an earlier server left unfinished; that it does so is logged. @throws when the folder cannot be made */
  static async open(options: MediaStoreOptions): Promise<MediaStore> {
    await mkdir(options.folder, { recursive: true });
    const store = new MediaStore(options);
    await store.#resume();
    store.#scheduleCleanUp();
    return store;
  }

  /** @throws when the folder cannot be made; `false` when too little space is left */
  async begin({ roomId, film, upload }: BeginOptions): Promise<OpenMedia | undefined> {
    if (!(await this.#space.enough())) return undefined;
    const startedAt = this.#options.clock.now();
    const folder = await this.#makeFolder(roomId, startedAt);
    const account = upload?.account && this.#options.sealer.seal(JSON.stringify(upload.account));
    const media = await StoredMedia.create(folder, {
      roomId,
      startedAt,
      ...(film && { film }),
      ...(upload && { upload: { prefix: upload.prefix, ...(account !== undefined && { account }) } }),
    });
    const observer = new EventEmitter<{ full: [] }>();
    this.#open.set(folder, observer);
    this.#space.watch();
    const early = this.#uploadsEarly(media);
    let finishing: Promise<void> | undefined;
    const finish = () => {
      finishing ??= this.#finish(media, early);
      return finishing;
    };
    return { folder, startedAt, observer, complete: (name) => early?.add(name), finish };
  }

  /** Keeps the store's hands off a folder of `others`. */
  hold(folder: string): HeldMedia {
    this.#held.set(folder, (this.#held.get(folder) ?? 0) + 1);
    let held = true;
    const release = () => {
      const count = (this.#held.get(folder) ?? 0) - Number(held);
      held = false;
      if (count > 0) this.#held.set(folder, count);
      else this.#held.delete(folder);
    };
    return { release, handOver: (options) => this.#takeOver(folder, options) };
  }

  /** Whether somebody fills a folder of `others`. */
  isHeld(folder: string): boolean {
    return this.#held.has(folder);
  }

  /** Resolves when nothing is being finalised or uploaded. For tests. */
  async settled(): Promise<void> {
    while (this.#busy.size > 0) await Promise.allSettled(this.#busy.values());
  }

  /** Uploads stop where they are. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @returns undefined when there is nothing to upload, or nobody knows as whom */
  #uploadsEarly(media: StoredMedia): EarlyUploads | undefined {
    const { openBucket, clock, logger } = this.#options;
    const account = media.manifest.upload && this.#account(media);
    return account && new EarlyUploads({ media, account, openBucket, clock, logger });
  }

  async #finish(media: StoredMedia, early: EarlyUploads | undefined): Promise<void> {
    await early?.close();
    this.#open.delete(media.folder);
    if (this.#open.size === 0) this.#space.rest();
    await media.finalise(this.#options.clock.now()).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, folder: media.folder }, 'The end of a recording could not be noted yet.');
    });
    this.#goOn(media);
  }

  async #takeOver(folder: string, { roomId, startedAt, upload }: BeginOptions & { startedAt: number }): Promise<void> {
    // What is still to be done for the media that was there before goes first.
    while (this.#busy.has(folder)) await this.#busy.get(folder);
    this.#stopping.signal.throwIfAborted();
    const media = await StoredMedia.create(folder, {
      roomId,
      startedAt,
      ...(upload && { upload: { prefix: upload.prefix } }),
    });
    await media.finalise(this.#options.clock.now());
    this.#goOn(media);
  }

  /** @param first done before what is left to do in the state that it is in */
  #goOn(media: StoredMedia, first: () => Promise<void> = async () => undefined): void {
    const { folder } = media;
    const working = this.#persist(media, first).finally(() => this.#busy.delete(folder));
    this.#busy.set(folder, working);
  }

  /** A disk that is full now may have space again later. */
  async #persist(media: StoredMedia, first: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const { folder } = media;
    for (let wait = firstWait; !signal.aborted; wait = Math.min(2 * wait, longestWait)) {
      try {
        await first();
        return await this.#work(media);
      } catch (error) {
        if (signal.aborted) return;
        if (!(await isThere(folder))) return logger.info({ folder }, 'A recording was taken away.');
        logger.error({ err: error, folder, retryInMs: wait }, 'A recording could not be completed; it is tried again.');
      }
      await pause(clock, wait, signal);
    }
  }

  /** The recording of a server that is no more. */
  async #repair(media: StoredMedia): Promise<void> {
    const { logger, clock } = this.#options;
    const { folder, state, manifest } = media;
    if (state === 'failed' && (await media.lacksFilm())) return await media.finalise(clock.now());
    if (state !== 'recording' && state !== 'finalising') return;
    await untilQuiet(folder, clock, this.#stopping.signal);
    const repaired = await repairTracks(folder);
    await media.finalise(clock.now());
    const fields = { roomId: manifest.roomId, folder, state, ...repaired };
    logger.warn(fields, 'A recording was interrupted; it is completed now.');
  }

  async #work(media: StoredMedia): Promise<void> {
    if (media.state === 'finalising') {
      const finalising = this.#finalise(media);
      this.#finalising.add(finalising);
      await finalising.finally(() => this.#finalising.delete(finalising));
    }
    if (media.state === 'uploading' || (media.state === 'failed' && media.manifest.upload)) {
      await this.#uploads.add(media);
    }
  }

  async #finalise(media: StoredMedia): Promise<void> {
    for (const finisher of this.#options.finishers ?? []) await finisher(media.folder);
    if (await media.lacksFilm()) await this.#composeFilm(media);
    const kept = await media.complete(this.#stopping.signal);
    const { roomId, state } = media.manifest;
    const fields = { roomId, folder: media.folder, state, bytes: media.size };
    if (kept) this.#options.logger.info(fields, 'A recording is complete.');
  }

  /** The live one did not come to be, for whatever reason. */
  async #composeFilm({ folder, manifest: { roomId } }: StoredMedia): Promise<void> {
    const { composeFilm, logger } = this.#options;
    const { signal } = this.#stopping;
    logger.warn({ roomId, folder }, 'A recording has no film; it is made of its tracks.');
    try {
      await composeFilm?.(folder, signal);
    } catch (err) {
      signal.throwIfAborted();
      logger.error({ err, roomId, folder }, 'A recording stays without a film until the next start.');
    }
  }

  async #resume(): Promise<void> {
    const { logger, folder, others = [] } = this.#options;
    const own = (await mediaFolders(folder)).map(({ path }) => path);
    for (const path of [...own, ...(await foldersOfOthers(others))]) {
      const media = await StoredMedia.load(path);
      if (!media || media.state === 'stored' || media.state === 'uploaded') continue;
      const { state, manifest } = media;
      const { roomId } = manifest;
      if (state === 'uploading' || (state === 'failed' && manifest.upload)) {
        logger.info({ roomId, folder: path, state }, 'An upload was interrupted; it goes on.');
      }
      this.#goOn(media, () => this.#repair(media));
    }
  }

  #account(media: StoredMedia): S3Account | undefined {
    const { account } = media.manifest.upload ?? {};
    if (account === undefined) return this.#options.account;
    const opened = this.#options.sealer.open(account);
    return opened === undefined ? undefined : JSON.parse(opened);
  }

  #tellFull(): void {
    const { logger, leastFree } = this.#options;
    logger.error({ leastFree, recordings: this.#open.size }, 'The disk is nearly full; recordings are ended.');
    for (const observer of [...this.#open.values()]) observer.emit('full');
  }

  /** Section 4 of the configuration contract. Two in one microsecond do not share a folder. */
  async #makeFolder(roomId: string, startedAt: number): Promise<string> {
    const room = join(this.#options.folder, roomId);
    await mkdir(room, { recursive: true });
    for (let micros = 0; ; micros += 1) {
      const path = join(room, `part_${partTime(startedAt, micros)}`);
      try {
        await mkdir(path);
        await syncFolder(this.#options.folder);
        await syncFolder(room);
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || micros === 999) throw error;
      }
    }
  }

  #scheduleCleanUp(): void {
    this.#cancelCleanUp = this.#options.clock.schedule(cleanUpInterval, () => {
      this.#cleaning = this.#cleanUp();
      this.#scheduleCleanUp();
    });
  }

  async #cleanUp(): Promise<void> {
    const { folder, others = [], isLive, retention, clock, logger } = this.#options;
    try {
      await cleanUp({
        folder,
        others,
        isLive,
        isOpen: (path) => this.#open.has(path) || this.#busy.has(path) || this.isHeld(path),
        retention,
        now: clock.now(),
        onDelete: (media) => logger.info({ folder: media.folder, state: media.state }, 'An old recording is deleted.'),
      });
    } catch (error) {
      logger.error({ err: error }, 'Old recordings could not be cleaned up.');
    }
  }

  async #close(): Promise<void> {
    this.#cancelCleanUp();
    this.#space.rest();
    await this.#uploads.close();
    const finalised = Promise.allSettled(this.#finalising);
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(closingTime, resolve);
      void finalised.then(() => {
        cancel();
        resolve();
      });
    });
    this.#stopping.abort();
    await Promise.allSettled([...this.#busy.values(), this.#cleaning]);
  }
}

async function isThere(folder: string): Promise<boolean> {
  return await stat(folder).then(
    () => true,
    () => false,
  );
}

/** UTC with six digits of a second. @param time ms since the Unix epoch */
function partTime(time: number, micros: number): string {
  const whole = Math.floor(time);
  const digits = String(Math.floor((time - whole) * 1000) + micros).padStart(3, '0');
  return new Date(whole).toISOString().replace('T', ' ').replace('Z', `${digits}Z`);
}
