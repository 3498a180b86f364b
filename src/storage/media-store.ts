import { EventEmitter } from 'node:events';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import { makeFolder } from './atomic-file.ts';
import { cleanUp, foldersOfOthers, mediaFolders } from './clean-up.ts';
import { EarlyUploads } from './early-uploads.ts';
import { FreeSpace, type ReadFreeSpace } from './free-space.ts';
import { MediaCompletion } from './media-completion.ts';
import { makeRecordingFolder } from './recording-folder.ts';
import type { Retention } from './retention.ts';
import type { OpenBucket, S3Account } from './s3-bucket.ts';
import type { Sealer } from './sealed-text.ts';
import { StoredMedia } from './stored-media.ts';
import { UploadQueue } from './upload-queue.ts';

/** Time between two clean-ups, in ms: docs/contracts/fishjam-config.md 5.4. */
const cleanUpInterval = 600 * 1000;

export interface MediaStoreOptions {
  /** `raw_recordings`. */
  readonly folder: string;
  /** Folders of the same shape: a folder for each room, with folders of media in it. */
  readonly siblings?: readonly string[];
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
  /** A new one below a folder of `siblings` and the room's in it; in `raw_recordings` when undefined. */
  readonly folder?: string;
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
  /** Finishes it, and resolves when its files are complete, or are not at the first attempt. */
  completed(): Promise<void>;
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
  readonly #completion: MediaCompletion;
  readonly #space: FreeSpace;
  readonly #open = new Map<string, EventEmitter<{ full: [] }>>();
  /** Folders of others that are in use, by how many. */
  readonly #held = new Map<string, number>();
  #cancelCleanUp: () => void = () => undefined;
  #cleaning: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(options: MediaStoreOptions) {
    this.#options = options;
    const { clock, logger, openBucket, composeFilm, finishers = [] } = options;
    const uploads = new UploadQueue({ account: (media) => this.#account(media), openBucket, clock, logger });
    this.#completion = new MediaCompletion({ uploads, finishers, composeFilm, clock, logger });
    const onLow = () => this.#tellFull();
    const { folder: path, leastFree: least, readFreeSpace: read } = options;
    this.#space = new FreeSpace({ path, least, clock, onLow, ...(read && { read }) });
  }

  /** Goes on with what an earlier server left unfinished; that it does so is logged. @throws when a folder cannot be made or read */
  static async open(options: MediaStoreOptions): Promise<MediaStore> {
    await makeFolder(options.folder);
    const store = new MediaStore(options);
    await store.#resume();
    store.#scheduleCleanUp();
    return store;
  }

  /** @returns undefined when too little space is left. @throws when the folder cannot be made */
  async begin({ roomId, folder: given, film, upload }: BeginOptions): Promise<OpenMedia | undefined> {
    if (!(await this.#space.enough())) return undefined;
    const startedAt = this.#options.clock.now();
    const folder = given ?? (await makeRecordingFolder(this.#options.folder, roomId, startedAt));
    if (given !== undefined) await makeFolder(given);
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
    let finishing: Promise<{ readonly completed: Promise<void> }> | undefined;
    const finish = async () => {
      finishing ??= this.#finish(media, early);
      return await finishing;
    };
    return {
      ...{ folder, startedAt, observer, complete: (name) => early?.add(name) },
      finish: async () => void (await finish()),
      completed: async () => await (await finish()).completed,
    };
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
    await this.#completion.settled();
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

  async #finish(media: StoredMedia, early: EarlyUploads | undefined): Promise<{ completed: Promise<void> }> {
    await early?.close();
    this.#open.delete(media.folder);
    if (this.#open.size === 0) this.#space.rest();
    await media.finalise(this.#options.clock.now()).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, folder: media.folder }, 'The end of a recording could not be noted yet.');
    });
    return { completed: this.#completion.add(media) };
  }

  async #takeOver(folder: string, { roomId, startedAt, upload }: BeginOptions & { startedAt: number }): Promise<void> {
    // What is still to be done for the media that was there before goes first.
    await this.#completion.done(folder);
    const media = await StoredMedia.create(folder, {
      roomId,
      startedAt,
      ...(upload && { upload: { prefix: upload.prefix } }),
    });
    await media.finalise(this.#options.clock.now());
    void this.#completion.add(media);
  }

  async #resume(): Promise<void> {
    const { folder, siblings = [], others = [] } = this.#options;
    const own = (await mediaFolders([folder, ...siblings])).map(({ path }) => path);
    for (const path of [...own, ...(await foldersOfOthers(others))]) await this.#completion.resume(path);
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

  #scheduleCleanUp(): void {
    this.#cancelCleanUp = this.#options.clock.schedule(cleanUpInterval, () => {
      this.#cleaning = this.#cleanUp();
      this.#scheduleCleanUp();
    });
  }

  async #cleanUp(): Promise<void> {
    const { folder, siblings = [], others = [], isLive, retention, clock, logger } = this.#options;
    try {
      await cleanUp({
        folders: [folder, ...siblings],
        others,
        isLive,
        isOpen: (path) => this.#open.has(path) || this.#completion.isBusy(path) || this.isHeld(path),
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
    await this.#completion.close();
    await this.#cleaning;
  }
}
