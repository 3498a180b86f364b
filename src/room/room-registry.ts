import { type Clock, systemClock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { Room, type RoomMedia } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import type { RoomEvents } from './room-events.ts';
import type { ServerMetadata } from './track.ts';

export interface RoomRegistryOptions<M extends RoomMedia> {
  readonly events: RoomEvents;
  /** Opens the media plane of a new room. `onCrash` may be called once, at any time after that. */
  readonly openMedia: (config: RoomConfig, onCrash: () => void) => Promise<M>;
  readonly clock?: Clock;
  /** Default: none. */
  readonly limits?: RoomLimits;
}

/** Maximum numbers, of the peers and components of all rooms together. */
export interface RoomLimits {
  readonly rooms: number;
  readonly peers: number;
  readonly components: number;
}

/** The rooms of this server. */
export class RoomRegistry<M extends RoomMedia = RoomMedia> {
  readonly #options: RoomRegistryOptions<M>;
  readonly #rooms = new Map<string, Room<M>>();
  /** Rooms whose media plane is being opened, by their ids. */
  readonly #opening = new Map<string, Promise<Room<M>>>();
  #stopping = false;

  constructor(options: RoomRegistryOptions<M>) {
    this.#options = options;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** To be called when the server stops: from now on nothing is added. */
  expectEnd(): void {
    this.#stopping = true;
  }

  /** @throws ShoalError roomExists, serverStopping, serverLimitReached */
  async create(config: RoomConfig, metadata?: ServerMetadata): Promise<Room<M>> {
    const { roomId } = config;
    if (this.#rooms.has(roomId) || this.#opening.has(roomId)) throw new ShoalError('roomExists', roomId);
    this.#check('rooms', this.#rooms.size + this.#opening.size);
    const opening = this.#open(config, metadata).finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    return await opening;
  }

  /** The room of this id, whoever creates it: rooms that exist keep their configuration. @throws ShoalError serverStopping, serverLimitReached */
  async findOrCreate(config: RoomConfig, metadata?: ServerMetadata): Promise<Room<M>> {
    const { roomId } = config;
    return this.#rooms.get(roomId) ?? (await (this.#opening.get(roomId) ?? this.create(config, metadata)));
  }

  find(roomId: string): Room<M> | undefined {
    return this.#rooms.get(roomId);
  }

  /** @throws ShoalError roomNotFound */
  get(roomId: string): Room<M> {
    const room = this.#rooms.get(roomId);
    if (!room) throw new ShoalError('roomNotFound', roomId);
    return room;
  }

  list(): Room<M>[] {
    return [...this.#rooms.values()];
  }

  /** @throws ShoalError roomNotFound */
  async delete(roomId: string): Promise<void> {
    const room = this.get(roomId);
    this.#rooms.delete(roomId);
    await room.close();
  }

  /** Deletes every room. Idempotent. */
  async close(): Promise<void> {
    this.expectEnd();
    await Promise.all(this.list().map((room) => this.delete(room.id)));
  }

  async #open(config: RoomConfig, metadata: ServerMetadata | undefined): Promise<Room<M>> {
    const { roomId } = config;
    let crashed = false;
    const media = await this.#openMedia(config, () => {
      crashed = true;
      void this.#crash(roomId);
    });
    if (crashed || this.#stopping) {
      media.close();
      if (this.#stopping) throw new ShoalError('serverStopping');
      throw new Error('The media worker of the new room died.');
    }
    const { events, clock = systemClock } = this.#options;
    const onPurge = () => void this.delete(roomId).catch(() => undefined);
    const checkLimit = (kind: 'peers' | 'components') => {
      this.#check(
        kind,
        this.list().reduce((sum, room) => sum + room[kind].size, 0),
      );
    };
    const room = new Room({ config, metadata, media, events, clock, onPurge, checkLimit });
    this.#rooms.set(roomId, room);
    return room;
  }

  #check(kind: keyof RoomLimits, count: number): void {
    if (this.#stopping) throw new ShoalError('serverStopping');
    const limit = this.#options.limits?.[kind] ?? Number.POSITIVE_INFINITY;
    if (count >= limit) throw new ShoalError('serverLimitReached', kind, String(limit));
  }

  /** Media workers may end before the rooms do. */
  async #openMedia(config: RoomConfig, onCrash: () => void): Promise<M> {
    try {
      return await this.#options.openMedia(config, onCrash);
    } catch (error) {
      throw this.#stopping ? new ShoalError('serverStopping') : error;
    }
  }

  async #crash(roomId: string): Promise<void> {
    const room = this.#rooms.get(roomId);
    this.#rooms.delete(roomId);
    await room?.crash();
  }
}
