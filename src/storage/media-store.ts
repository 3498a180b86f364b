import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { lstat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import { makeFolder, removeEmpty, undefinedIfMissing } from './atomic-file.ts';
import { cleanUp, type Retention } from './clean-up.ts';
import { EarlyUploads } from './early-uploads.ts';
import { FreeSpace, type ReadFreeSpace } from './free-space.ts';
import { Lease } from './lease.ts';
import { type Completing, MediaCompletion, type MediaEnd } from './media-completion.ts';
import { type MediaKind, manifestPaths } from './media-kind.ts';
import { type MediaManifest, manifestName, type NewManifest } from './media-manifest.ts';
import type { OpenBucket, S3Account } from './s3-bucket.ts';
import type { Sealer } from './sealed-text.ts';
import { StoredMedia } from './stored-media.ts';
import { UploadQueue } from './upload-queue.ts';

/** Interval of clean-ups, in ms: docs/contracts/fishjam-config.md 5.4. */
const cleanUpInterval = 600 * 1000;
/** Interval of searches for media whose server died, in ms. */
const lookInterval = 30_000;

export interface MediaStoreOptions {
  readonly kinds: readonly MediaKind[];
  /** The account of the configuration. */
  readonly account?: S3Account | undefined;
  readonly openBucket: OpenBucket;
  readonly sealer: Sealer;
  readonly retention: Retention;
  /** Minimum free space, in bytes; 0: none. */
  readonly minFree: number;
  readonly isLive: (folder: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly readFreeSpace?: ReadFreeSpace;
}

export interface BeginOptions {
  /** Name of a {@link MediaKind}. */
  readonly kind: string;
  readonly roomId: string;
  /** Path relative to the root of the kind, created if missing; undefined: a new folder of the kind. */
  readonly folder?: string;
  /** Data of the kind. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Undefined: it stays on this host. `account` undefined: that of the configuration. */
  readonly upload?: { readonly prefix: string; readonly account?: S3Account | undefined } | undefined;
}

/** A medium that is being written. */
export interface OpenMedia {
  /** Existing folder, absolute. */
  readonly folder: string;
  /** Origin of its clock, in ms since the Unix epoch. */
  readonly startedAt: number;
  /** `full`: the disk is nearly full, so the writer should finish. */
  readonly observer: EventEmitter<{ full: [] }>;
  /** To be called when one of its files is complete and may be uploaded. */
  complete(name: string): void;
  /** Stores data of the kind, for a server that has to continue. */
  keep(details: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends the writing; the store does the rest. Idempotent. @param details replace those of the start */
  finish(details?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends the writing. Resolves when its files are complete or the first attempt has failed. */
  completed(): Promise<void>;
  /**
   * Ends the writing. Resolves when its kind has finished it or the server stops.
   * @throws the reason when the first attempt fails
   */
  finished(): Promise<void>;
}

/** Owns media from its first byte to its deletion: states, repair, upload, retention, and disk space. */
export class MediaStore {
  readonly #options: MediaStoreOptions;
  readonly #lease: Lease;
  readonly #uploads: UploadQueue;
  readonly #completion: MediaCompletion;
  /** Our media by path of the manifest. */
  readonly #media = new Map<string, StoredMedia>();
  /** Folders of complete media by path of the manifest, which need not be read at each search. */
  readonly #done = new Map<string, string>();
  /** Media that is being written. */
  readonly #open = new Map<StoredMedia, Writing>();
  /** Kinds by name. */
  readonly #space = new Map<string, FreeSpace>();
  readonly #intervals: Interval[] = [];
  /** Time of day, in ms since the Unix epoch, at which the monotonic clock was 0, as it seemed at the start. */
  readonly #origin: number;
  #looking: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(options: MediaStoreOptions, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
    const { clock, logger, openBucket } = options;
    this.#origin = clock.now() - clock.monotonic();
    this.#uploads = new UploadQueue({ account: (media) => this.#account(media), openBucket, clock, logger });
    this.#completion = new MediaCompletion({ uploads: this.#uploads, clock, logger });
  }

  /** Continues unfinished media of earlier servers, with log lines. @throws when a folder cannot be created or read */
  static async open(options: MediaStoreOptions): Promise<MediaStore> {
    const store = new MediaStore(options, await Lease.open(options.clock));
    for (const kind of options.kinds) await kind.prepare?.();
    await store.#takeOver(true);
    store.#intervals.push(
      new Interval(options.clock, lookInterval, () => store.#look()),
      new Interval(options.clock, cleanUpInterval, () => store.#cleanUp()),
    );
    return store;
  }

  /** Begins a medium. @returns undefined when there is too little space. @throws when the folder cannot be created or another server writes to it */
  async begin({ kind: name, roomId, folder: given, details, upload }: BeginOptions): Promise<OpenMedia | undefined> {
    const { clock, sealer } = this.#options;
    const kind = this.#kind(name);
    await makeFolder(kind.root);
    if (kind.replaces && given !== undefined) await this.#makeWay(kind, join(kind.root, given));
    if (!kind.startsWhenFull && !(await this.hasSpace(name))) return undefined;
    const startedAt = clock.now();
    const folder = await madeFolder(kind, roomId, startedAt, given);
    const account = upload?.account && sealer.seal(JSON.stringify(upload.account));
    const media = await this.#create(kind, folder, {
      ...{ roomId, startedAt, ...(details && { details }) },
      ...(upload && { upload: { prefix: upload.prefix, ...(account !== undefined && { account }) } }),
    });
    const observer = new EventEmitter<{ full: [] }>();
    const early = this.#uploadsEarly(media);
    this.#open.set(media, { observer, early });
    this.#spaceOf(kind).watch();
    let finishing: Promise<Completing> | undefined;
    const finish = async (last?: BeginOptions['details']) => {
      finishing ??= this.#finish(media, last);
      return await finishing;
    };
    return {
      ...{
        folder,
        startedAt,
        observer,
        complete: (name) => early?.add(name),
        keep: (kept) => media.note({ details: kept }),
      },
      finish: async (last) => void (await finish(last)),
      completed: async () => await (await finish()).completed,
      finished: async () => await (await finish()).finished,
    };
  }

  /** Whether the disk has space for a medium of a kind. */
  async hasSpace(kind: string): Promise<boolean> {
    return await this.#spaceOf(this.#kind(kind)).enough();
  }

  /** Resolves when nothing is being looked for, completed or uploaded. For tests. */
  async settled(): Promise<void> {
    await this.#looking;
    await this.#completion.settled();
  }

  /** Aborts uploads; the next server continues them. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #kind(name: string): MediaKind {
    const kind = this.#options.kinds.find((each) => each.name === name);
    if (!kind) throw new Error(`There is no kind of media ${name}.`);
    return kind;
  }

  #spaceOf(kind: MediaKind): FreeSpace {
    const known = this.#space.get(kind.name);
    if (known) return known;
    const { clock, minFree: min, readFreeSpace: read } = this.#options;
    const onLow = () => this.#tellFull(kind);
    const space = new FreeSpace({ path: kind.root, min, clock, onLow, ...(read && { read }) });
    this.#space.set(kind.name, space);
    return space;
  }

  async #create(kind: MediaKind, folder: string, manifest: NewManifest): Promise<StoredMedia> {
    const { roomId, startedAt } = manifest;
    const { manifests, root } = kind;
    let path = join(folder, manifestName);
    if (manifests !== undefined) {
      await makeFolder(manifests);
      path = join(manifests, `${kind.manifestName?.(roomId, startedAt) ?? randomUUID()}.json`);
    }
    const place = manifests === undefined ? {} : { folder: relative(root, folder) };
    const media = await StoredMedia.create(kind, path, { ...manifest, ...place }, this.#lease).catch(async (error) => {
      if (manifests !== undefined || kind.keepsEmptyFolders) throw error;
      for (let empty = folder; empty.length > root.length; empty = dirname(empty)) await removeEmpty(empty);
      throw error;
    });
    this.#media.set(path, media);
    return media;
  }

  /** @returns undefined when there is nothing to upload or the credentials are unknown */
  #uploadsEarly(media: StoredMedia): EarlyUploads | undefined {
    const { openBucket, clock, logger } = this.#options;
    const account = media.manifest.upload && this.#account(media);
    return account && new EarlyUploads({ media, account, openBucket, clock, logger });
  }

  async #finish(media: StoredMedia, details: MediaManifest['details']): Promise<Completing> {
    const endedAt = this.#options.clock.now();
    await this.#endWriting(media);
    await media.finalise(endedAt, details).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, folder: media.folder }, 'The end of a recording could not be noted yet.');
    });
    return this.#complete(media, { interrupted: false, endedAt, details });
  }

  /** Ends the writing of a medium. */
  async #endWriting(media: StoredMedia): Promise<void> {
    await this.#open.get(media)?.early?.close();
    this.#open.delete(media);
    if (![...this.#open.keys()].some(({ kind }) => kind === media.kind)) this.#spaceOf(media.kind).rest();
  }

  #complete(media: StoredMedia, end: MediaEnd): Completing {
    const completing = this.#completion.add(media, end);
    void completing.settled.then(() => this.#media.delete(media.path));
    return completing;
  }

  /** Frees the folder for another medium: a medium that is still to be uploaded is moved, any other is deleted. */
  async #makeWay(kind: MediaKind, folder: string): Promise<void> {
    const found = await lstat(folder).catch(undefinedIfMissing);
    // What a link leads to is somebody else's.
    if (found?.isDirectory() === false) throw new Error(`${folder} is not a folder.`);
    for (const path of await manifestPaths(kind)) {
      const media = this.#media.get(path) ?? (await this.#foreign(kind, path, folder));
      if (media?.folder !== folder) continue;
      if (this.#open.has(media)) {
        await this.#endWriting(media);
        this.#media.delete(path);
        await media.delete();
      } else await this.#setAside(media);
    }
  }

  /** @throws when another server works on it */
  async #foreign(kind: MediaKind, path: string, folder: string): Promise<StoredMedia | undefined> {
    const media = await StoredMedia.load(kind, path, this.#lease);
    if (media?.folder !== folder) return undefined;
    if (await this.#lease.isFree(path, media.manifest.owner, media.heartbeatAt)) return media;
    throw new Error(`Another server writes to ${folder}.`);
  }

  async #setAside(media: StoredMedia): Promise<void> {
    await this.#completion.finished(media);
    const { roomId } = media.manifest;
    const isMoved = await media.exclusively(async () => !media.isSafe && (await media.setAside()));
    if (!isMoved) return await media.forget();
    const fields = { roomId, folder: media.folder };
    this.#options.logger.warn(fields, `${media.kind.title} that is not uploaded yet is set aside.`);
  }

  #look(): Promise<void> {
    this.#looking = this.#takeOver(false).catch((err: unknown) => {
      this.#options.logger.error({ err }, 'Media of other servers could not be looked for.');
    });
    return this.#looking;
  }

  /** Completes media of servers that died. Resolves when urgent media is complete. @param isFirst whether the server is starting */
  async #takeOver(isFirst: boolean): Promise<void> {
    const urgent: Promise<void>[] = [];
    const warn = (err: unknown) => this.#options.logger.error({ err }, 'Media of a server could not be taken over.');
    for (const kind of this.#options.kinds) {
      const taken: StoredMedia[] = [];
      const known = new Set<string>();
      // What cannot be taken, as on a full disk, does not keep the server from the rest.
      for (const path of await manifestPaths(kind)) await this.#take(kind, path, isFirst, known, taken).catch(warn);
      await this.#takeStrays(kind, isFirst, known, taken).catch(warn);
      const completing = taken.map((media) => this.#complete(media, { interrupted: true }));
      if (kind.urgent) urgent.push(...completing.map(({ completed }) => completed));
    }
    if (isFirst) await Promise.all(urgent);
  }

  async #take(
    kind: MediaKind,
    path: string,
    isFirst: boolean,
    known: Set<string>,
    taken: StoredMedia[],
  ): Promise<void> {
    const folder = this.#done.get(path) ?? this.#media.get(path)?.folder;
    if (folder !== undefined) return void known.add(folder);
    const media = await StoredMedia.load(kind, path, this.#lease);
    if (!media) return;
    known.add(media.folder);
    // The owner of complete media may have died before it released or removed it.
    if (!media.isPending && !media.manifest.owner) return void this.#done.set(path, media.folder);
    // Failed media is retried by the next server, not by this one.
    if (media.state === 'failed' && !isFirst) return;
    if (!(await this.#lease.isFree(path, media.manifest.owner, media.heartbeatAt))) return;
    if (!(await this.#lease.claim(path, () => media.take()))) return;
    this.#media.set(path, media);
    taken.push(media);
    const { roomId, upload, missing } = media.manifest;
    const isUpload = media.state === 'uploading' || (media.state === 'failed' && upload && missing === undefined);
    const fields = { roomId, folder: media.folder, state: media.state };
    if (isUpload) this.#options.logger.info(fields, 'An upload was interrupted; it goes on.');
  }

  async #takeStrays(kind: MediaKind, isFirst: boolean, known: Set<string>, taken: StoredMedia[]): Promise<void> {
    if (!kind.strays) return;
    for (const { folder, onTaken, ...stray } of await kind.strays(known, isFirst)) {
      const media = await this.#create(kind, folder, stray);
      await onTaken?.();
      if (media.isPending) taken.push(media);
      else await media.release();
    }
  }

  #account(media: StoredMedia): S3Account | undefined {
    const { account } = media.manifest.upload ?? {};
    if (account === undefined) return this.#options.account;
    const opened = this.#options.sealer.open(account);
    return opened === undefined ? undefined : JSON.parse(opened);
  }

  #tellFull(kind: MediaKind): void {
    const { logger, minFree } = this.#options;
    const open = [...this.#open].filter(([media]) => media.kind === kind);
    logger.error({ minFree, recordings: open.length }, 'The disk is nearly full; recordings are ended.');
    for (const [, { observer }] of open) observer.emit('full');
  }

  #cleanUp(): Promise<void> {
    const { kinds, isLive, retention, clock, logger } = this.#options;
    // Others may have removed some of it.
    this.#done.clear();
    // Nothing gets older when the time of day is set forward: it may have been wrong at the start.
    const now = Math.min(clock.now(), this.#origin + clock.monotonic());
    return cleanUp({ kinds, lease: this.#lease, isLive, retention, now, logger }).catch((error: unknown) =>
      logger.error({ err: error }, 'Old recordings could not be cleaned up.'),
    );
  }

  async #close(): Promise<void> {
    const running = this.#intervals.map((interval) => interval.close());
    for (const space of this.#space.values()) space.rest();
    for (const media of [...this.#open.keys()]) await this.#endWriting(media);
    await this.#looking;
    await this.#completion.close();
    await Promise.all(running);
    for (const media of this.#media.values()) await media.release().catch(() => undefined);
    this.#lease.close();
  }
}

/** What runs while a medium is being written. */
interface Writing {
  readonly observer: EventEmitter<{ full: [] }>;
  readonly early: EarlyUploads | undefined;
}

async function madeFolder(kind: MediaKind, roomId: string, startedAt: number, given?: string): Promise<string> {
  if (given === undefined && kind.makeFolder) return await kind.makeFolder(roomId, startedAt);
  const folder = join(kind.root, given ?? roomId);
  await makeFolder(folder);
  return folder;
}
