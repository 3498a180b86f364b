import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { Room } from '../../room/room.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import { FreeSpace, type ReadFreeSpace } from '../../storage/free-space.ts';
import type { Retention } from '../../storage/retention.ts';
import type { OpenBucket, S3Account } from '../../storage/s3-bucket.ts';
import { completeInterruptedStream } from './interrupted-stream.ts';
import { OwedUpload, type UploadNotes } from './owed-upload.ts';
import { StreamFolder } from './stream-folder.ts';
import { uploadStream } from './stream-upload.ts';
import { UploadsCleanUp } from './uploads-clean-up.ts';

/** `resourcesBasePath`: `FJ_RESOURCES_BASE_PATH`. */
export interface StreamStorageOptions extends UploadNotes {
  readonly openBucket: OpenBucket;
  /** Bytes that streams leave free on the disk; 0: none. */
  readonly leastFree: number;
  readonly readFreeSpace?: ReadFreeSpace;
  /** Of streams that were set aside. */
  readonly retention: Retention;
  readonly events: RoomEvents;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface StoredStreamOptions {
  readonly persistent: boolean;
  readonly s3: S3Account | null;
}

/** A folder that one stream writes to. */
export interface StoredStream {
  readonly folder: StreamFolder;
  /** Everything is written. Idempotent. */
  release(): void;
}

/** A stream, from the making of its folder until it is where it will stay. */
interface Entry {
  /** Undefined: of an earlier server. */
  readonly room: Room | undefined;
  readonly persistent: boolean;
  readonly owed: OwedUpload | undefined;
  readonly written: Promise<void>;
  /** Settles when the room has ended and the folder may be made anew. */
  ended: Promise<void> | undefined;
}

/** Milliseconds that uploads get when the server stops; the next one does the rest. */
const uploadDrain = 1500;
const folders = { persistent: 'recordings', temporary: 'temporary_hls' } as const;

/**
 * Where the files of streams are (docs/contracts/fishjam-config.md 4), and what becomes of them when their room ends: uploaded,
 * if that was asked for, and then kept or removed. What could not be uploaded is never removed; the next server tries again.
 */
export class StreamStorage {
  readonly #options: StreamStorageOptions;
  /** By path: the newest stream of each room. */
  readonly #entries = new Map<string, Entry>();
  /** By path: streams that could not be uploaded. */
  readonly #failed = new Map<string, OwedUpload>();
  readonly #rooms = new WeakSet<Room>();
  readonly #ending = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #space: FreeSpace;
  readonly #cleanUp: UploadsCleanUp;

  private constructor(options: StreamStorageOptions) {
    this.#options = options;
    const { resourcesBasePath: path, leastFree: least, readFreeSpace: read, clock } = options;
    this.#space = new FreeSpace({ path, least, clock, onLow: () => undefined, ...(read && { read }) });
    this.#cleanUp = new UploadsCleanUp({ ...options, isBusy: (folder) => this.#entries.has(folder) });
  }

  /** Goes on with what an earlier server left unfinished; that it does so is logged. */
  static async start(options: StreamStorageOptions): Promise<StreamStorage> {
    const storage = new StreamStorage(options);
    await storage.#resume();
    return storage;
  }

  /** Makes an empty folder for a stream of the room, as soon as an earlier one of the same name is done with. @throws when it cannot */
  async open(room: Room, { persistent, s3 }: StoredStreamOptions): Promise<StoredStream> {
    const path = this.#path(persistent, room.id);
    await this.#makeWay(path);
    const logger = this.#options.logger.child({ roomId: room.id });
    const durable = persistent || s3 !== null;
    const folder = await StreamFolder.create({ path, logger, durable, hasSpace: () => this.#space.enough() });
    const owed = s3 === null ? undefined : await this.#note(room.id, path, s3);
    const { promise: written, resolve: release } = Promise.withResolvers<void>();
    this.#entries.set(path, { room, persistent, owed, written, ended: undefined });
    if (room.closed) this.#endRoom(room);
    else if (!this.#rooms.has(room)) room.changes.once('closed', () => this.#endRoom(room));
    this.#rooms.add(room);
    return { folder, release };
  }

  /** Waits for uploads, but not for long. Idempotent. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), uploadDrain);
    await Promise.all([...this.#ending, this.#cleanUp.close()]);
    clearTimeout(timer);
  }

  #path(persistent: boolean, roomId: string): string {
    return join(this.#options.resourcesBasePath, persistent ? folders.persistent : folders.temporary, roomId);
  }

  /** Waits for the stream that was here before; what of it is to be uploaded still is set aside. */
  async #makeWay(path: string): Promise<void> {
    const earlier = this.#entries.get(path);
    await earlier?.written;
    await earlier?.ended;
    // Its room lives on: its files may go (docs/contracts/fishjam-config.md 4).
    if (!earlier?.ended) await earlier?.owed?.settle();
    const failed = this.#failed.get(path);
    if (!failed) return;
    this.#failed.delete(path);
    const folder = await failed.setAside();
    const fields = { roomId: failed.roomId, folder };
    if (folder !== undefined) this.#options.logger.warn(fields, 'A stream that was never uploaded is set aside.');
  }

  async #note(roomId: string, folder: string, account: S3Account): Promise<OwedUpload> {
    const { clock, resourcesBasePath, sealer } = this.#options;
    return await OwedUpload.note({ resourcesBasePath, sealer }, { roomId, folder, account, startedAt: clock.now() });
  }

  #endRoom(room: Room): void {
    for (const [path, entry] of this.#entries) {
      if (entry.room === room && !entry.ended) this.#follow(path, entry);
    }
  }

  #follow(path: string, entry: Entry): void {
    const ended = this.#end(path, entry);
    entry.ended = ended;
    this.#ending.add(ended);
    void ended.then(() => {
      this.#ending.delete(ended);
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
    });
  }

  async #end(path: string, { written, persistent, owed }: Entry): Promise<void> {
    await written;
    if (owed && !(await this.#upload(owed))) return;
    if (!persistent) await this.#remove(path);
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      const fields = { err: error, roomId: basename(path) };
      this.#options.logger.error(fields, 'The files of a stream could not be removed.');
    });
  }

  /** @returns whether it is there */
  async #upload(owed: OwedUpload): Promise<boolean> {
    const { events, logger } = this.#options;
    const { roomId, folder } = owed;
    const { signal } = this.#stop;
    try {
      await this.#send(owed);
      logger.info({ roomId }, 'A stream was uploaded.');
      events.emit({ type: 'hlsUploaded', roomId });
      await owed.settle();
      return true;
    } catch (error) {
      if (signal.aborted) {
        logger.warn({ roomId, folder }, 'The upload of a stream is interrupted; the next server goes on.');
        return false;
      }
      this.#failed.set(folder, owed);
      logger.error({ err: error, roomId, folder }, 'A stream could not be uploaded; its files are kept.');
      events.emit({ type: 'hlsUploadCrashed', roomId });
      return false;
    }
  }

  async #send({ account, folder, prefix }: OwedUpload): Promise<void> {
    const { openBucket, clock } = this.#options;
    if (!account) throw new Error('The credentials cannot be read: FJ_SECRET_KEY_BASE is another one now.');
    const bucket = openBucket(account);
    try {
      await uploadStream({ bucket, folder, prefix, clock, signal: this.#stop.signal });
    } finally {
      bucket.close();
    }
  }

  async #resume(): Promise<void> {
    const { resourcesBasePath, sealer, logger } = this.#options;
    const owed = new Map((await OwedUpload.load({ resourcesBasePath, sealer })).map((each) => [each.folder, each]));
    for (const path of await subfolders(join(resourcesBasePath, folders.persistent))) await this.#complete(path);
    for (const path of await subfolders(join(resourcesBasePath, folders.temporary))) {
      if (owed.has(path)) await this.#complete(path);
      else await this.#remove(path);
    }
    for (const [path, upload] of owed) {
      if (!(await upload.isThere())) {
        await upload.settle();
        continue;
      }
      logger.warn({ roomId: upload.roomId, folder: path }, 'The upload of a stream was interrupted; it goes on.');
      const persistent = path === this.#path(true, upload.roomId);
      const entry = { room: undefined, persistent, owed: upload, written: Promise.resolve(), ended: undefined };
      this.#entries.set(path, entry);
      this.#follow(path, entry);
    }
  }

  async #complete(folder: string): Promise<void> {
    const { logger } = this.#options;
    const fields = { roomId: basename(folder), folder };
    try {
      const stream = await completeInterruptedStream(folder);
      if (stream) logger.warn({ ...fields, ...stream }, 'A stream was interrupted; it is completed now.');
      if (stream?.segments === 0) await this.#remove(folder);
    } catch (error) {
      logger.error({ err: error, ...fields }, 'A stream that was interrupted could not be completed.');
    }
  }
}

async function subfolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? [join(path, entry.name)] : []));
}
