import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../log/logger.ts';
import type { Room, RoomMedia } from '../../room/room.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import type { OpenBucket } from '../../storage/s3-bucket.ts';
import type { S3Credentials } from '../option-cast.ts';
import { StreamFolder } from './stream-folder.ts';
import { uploadStream } from './stream-upload.ts';

export interface StreamStorageOptions {
  /** Absolute path of `FJ_RESOURCES_BASE_PATH`. */
  readonly resourcesBasePath: string;
  readonly openBucket: OpenBucket;
  readonly events: RoomEvents;
  readonly logger: Logger;
}

export interface StoredStreamOptions {
  readonly persistent: boolean;
  readonly s3: S3Credentials | null;
}

/** A folder that one stream writes to. */
export interface StoredStream {
  readonly folder: StreamFolder;
  /** Everything is written. Idempotent. */
  release(): void;
}

/** A stream, from the making of its folder until it is where it will stay. */
interface Entry extends StoredStreamOptions {
  readonly room: Room<RoomMedia>;
  readonly folder: StreamFolder;
  readonly written: Promise<void>;
  /** Settles when the room has ended and the folder may be made anew. */
  ended: Promise<void> | undefined;
}

/** Milliseconds that uploads get when the server stops; what is not uploaded by then stays on disk. */
const uploadDrain = 1500;

/**
 * Where the files of streams are (section 4 of the configuration contract), and what becomes of them when their room ends: uploaded,
 * if that was asked for, and then kept or removed. What could not be uploaded is never removed.
 */
export class StreamStorage {
  readonly #options: StreamStorageOptions;
  /** By path: the newest stream of each room. */
  readonly #entries = new Map<string, Entry>();
  readonly #rooms = new WeakSet<Room<RoomMedia>>();
  readonly #ending = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(options: StreamStorageOptions) {
    this.#options = options;
  }

  /** Makes an empty folder for a stream of the room, as soon as an earlier one of the same name is done with. @throws when it cannot */
  async open(room: Room<RoomMedia>, options: StoredStreamOptions): Promise<StoredStream> {
    const parent = options.persistent ? 'recordings' : 'temporary_hls';
    const path = join(this.#options.resourcesBasePath, parent, room.id);
    const earlier = this.#entries.get(path);
    await earlier?.written;
    await earlier?.ended;
    const folder = await StreamFolder.create(path, this.#options.logger.child({ roomId: room.id }));
    const { promise: written, resolve: release } = Promise.withResolvers<void>();
    this.#entries.set(path, { room, folder, ...options, written, ended: undefined });
    if (room.closed) this.#endRoom(room);
    else if (!this.#rooms.has(room)) room.changes.once('closed', () => this.#endRoom(room));
    this.#rooms.add(room);
    return { folder, release };
  }

  /** Waits for uploads, but not for long. Idempotent. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), uploadDrain);
    await Promise.all(this.#ending);
    clearTimeout(timer);
  }

  #endRoom(room: Room<RoomMedia>): void {
    for (const [path, entry] of this.#entries) {
      if (entry.room !== room || entry.ended) continue;
      entry.ended = this.#end(room.id, path, entry);
      this.#ending.add(entry.ended);
      void entry.ended.then(() => {
        if (entry.ended) this.#ending.delete(entry.ended);
        if (this.#entries.get(path) === entry) this.#entries.delete(path);
      });
    }
  }

  async #end(roomId: string, path: string, { written, persistent, s3 }: Entry): Promise<void> {
    await written;
    const isStored = s3 === null || (await this.#upload(roomId, path, s3));
    if (persistent || !isStored) return;
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      this.#options.logger.error({ err: error, roomId }, 'The files of a stream could not be removed.');
    });
  }

  async #upload(roomId: string, path: string, credentials: S3Credentials): Promise<boolean> {
    const { openBucket, events, logger } = this.#options;
    const bucket = openBucket(credentials);
    try {
      await uploadStream(bucket, path, roomId, this.#stop.signal);
      logger.info({ roomId }, 'A stream was uploaded.');
      events.emit({ type: 'hlsUploaded', roomId });
      return true;
    } catch (error) {
      logger.error({ err: error, roomId, folder: path }, 'A stream could not be uploaded; its files are kept.');
      events.emit({ type: 'hlsUploadCrashed', roomId });
      return false;
    } finally {
      bucket.close();
    }
  }
}
