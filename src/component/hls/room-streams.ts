import type { Logger } from '../../log/logger.ts';
import type { Room, RoomMedia } from '../../room/room.ts';
import type { MediaStore, OpenMedia } from '../../storage/media-store.ts';
import type { S3Account } from '../../storage/s3-bucket.ts';
import { streamFolder } from './hls-media.ts';
import { StreamFolder } from './stream-folder.ts';

export interface RoomStreamOptions {
  readonly persistent: boolean;
  readonly s3: S3Account | null;
}

/** The folder that a stream writes to. */
export interface RoomStream {
  readonly folder: StreamFolder;
  /** To be called when everything has been written. Idempotent. */
  release(): void;
}

/** A stream whose room has not ended. */
interface Entry {
  readonly media: OpenMedia;
  readonly written: Promise<void>;
}

/** The streams of rooms. A stream is finished when its room ends, not when the stream ends. docs/contracts/fishjam-config.md 6. */
export class RoomStreams {
  readonly #store: Pick<MediaStore, 'begin' | 'hasSpace'>;
  readonly #logger: Logger;
  /** The newest stream of each folder, by path relative to the resources folder. */
  readonly #entries = new Map<string, { readonly room: Room<RoomMedia>; readonly entry: Entry }>();
  readonly #rooms = new WeakSet<Room<RoomMedia>>();
  readonly #ending = new Map<string, Promise<void>>();

  constructor(store: Pick<MediaStore, 'begin' | 'hasSpace'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** Creates an empty folder for a stream of a room, once an earlier one with the same name has been handled. @throws when that fails */
  async open(room: Room<RoomMedia>, { persistent, s3 }: RoomStreamOptions): Promise<RoomStream> {
    const path = streamFolder(room.id, persistent);
    await this.#entries.get(path)?.entry.written;
    await this.#ending.get(path);
    const media = await this.#store.begin({
      ...{ kind: 'hls', roomId: room.id, folder: path, details: { persistent } },
      ...(s3 && { upload: { prefix: '', account: s3 } }),
    });
    if (!media) throw new Error('Too little space is left on the disk.');
    const { promise: written, resolve: release } = Promise.withResolvers<void>();
    this.#entries.set(path, { room, entry: { media, written } });
    if (room.closed) this.#end(room);
    else if (!this.#rooms.has(room)) room.changes.once('closed', () => this.#end(room));
    this.#rooms.add(room);
    const logger = this.#logger.child({ roomId: room.id });
    const hasSpace = () => this.#store.hasSpace('hls');
    const durable = persistent || s3 !== null;
    try {
      return { folder: await StreamFolder.create({ path: media.folder, logger, durable, hasSpace }), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Resolves when the streams of all rooms that have ended are finished. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#ending.values());
  }

  #end(room: Room<RoomMedia>): void {
    for (const [path, { room: owner, entry }] of this.#entries) {
      if (owner !== room) continue;
      this.#entries.delete(path);
      const ended = this.#finish(entry).finally(() => this.#ending.delete(path));
      this.#ending.set(path, ended);
    }
  }

  async #finish({ media, written }: Entry): Promise<void> {
    await written;
    await media.finish();
  }
}
