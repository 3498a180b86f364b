import { type Clock, systemClock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { Room, type RoomMedia } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import type { RoomEvents } from './room-events.ts';

export interface RoomRegistryOptions<M extends RoomMedia> {
  readonly events: RoomEvents;
  /** Opens the media plane of a new room. `onCrash` may be called once, at any time after that. */
  readonly openMedia: (config: RoomConfig, onCrash: () => void) => Promise<M>;
  readonly clock?: Clock;
}

/** The rooms of this server. */
export class RoomRegistry<M extends RoomMedia = RoomMedia> {
  readonly #options: RoomRegistryOptions<M>;
  readonly #rooms = new Map<string, Room<M>>();
  /** Ids of rooms whose media plane is being opened. */
  readonly #opening = new Set<string>();
  #closed = false;

  constructor(options: RoomRegistryOptions<M>) {
    this.#options = options;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** @throws ShoalError roomExists */
  async create(config: RoomConfig): Promise<Room<M>> {
    const { roomId } = config;
    if (this.#rooms.has(roomId) || this.#opening.has(roomId)) throw new ShoalError('roomExists', roomId);
    this.#opening.add(roomId);
    try {
      let crashed = false;
      const media = await this.#options.openMedia(config, () => {
        crashed = true;
        void this.#crash(roomId);
      });
      if (crashed || this.#closed) {
        media.close();
        throw new Error('The media worker of the new room died.');
      }
      const { events, clock = systemClock } = this.#options;
      const onPurge = () => void this.delete(roomId).catch(() => undefined);
      const room = new Room({ config, media, events, clock, onPurge });
      this.#rooms.set(roomId, room);
      return room;
    } finally {
      this.#opening.delete(roomId);
    }
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
    this.#closed = true;
    await Promise.all(this.list().map((room) => this.delete(room.id)));
  }

  async #crash(roomId: string): Promise<void> {
    const room = this.#rooms.get(roomId);
    this.#rooms.delete(roomId);
    await room?.crash();
  }
}
