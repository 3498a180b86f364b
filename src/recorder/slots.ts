import { EventEmitter } from 'node:events';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { Slot, type SlotOptions } from './slot.ts';

export interface SlotsOptions {
  /** Of the default slot; the others append their number. */
  readonly id: string;
  /** Number of configured slots, the default slot included. */
  readonly count: number;
  readonly singleUse: boolean;
}

export interface SlotsEvents {
  added: [Slot];
  /** The slot has been closed. */
  removed: [Slot];
}

/** All slots of this server: those of the configuration, those added while it runs, and one per room. */
export class Slots {
  readonly observer = new EventEmitter<SlotsEvents>();
  readonly default: Slot;
  readonly #slots = new Map<string, Slot>();
  readonly #ofRooms = new Map<Room<RoomRouter>, Slot>();

  constructor({ id, count, singleUse }: SlotsOptions) {
    this.default = this.add(id, { singleUse });
    for (let index = 1; index < count; index += 1) this.add(`${id}-${index}`, { singleUse });
  }

  /** The default slot first; without those of rooms. */
  get all(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  find(id: string): Slot | undefined {
    return this.#slots.get(id);
  }

  /** Adds a slot. @throws when there is one with this id */
  add(id: string, options?: SlotOptions): Slot {
    if (this.#slots.has(id)) throw new Error(`There is a recorder ${id} already.`);
    const slot = new Slot(id, options);
    this.#slots.set(id, slot);
    this.observer.emit('added', slot);
    return slot;
  }

  /** Removes a slot and ends its session. */
  async remove(slot: Slot): Promise<void> {
    if (this.#slots.get(slot.id) === slot) this.#slots.delete(slot.id);
    await slot.close();
    this.observer.emit('removed', slot);
  }

  /** The slot of a room, which exists as long as the room. */
  ofRoom(room: Room<RoomRouter>): Slot {
    const known = this.#ofRooms.get(room);
    if (known) return known;
    const slot = new Slot(`${this.default.id}-room-${room.id}`);
    this.#ofRooms.set(room, slot);
    this.observer.emit('added', slot);
    room.changes.once('closed', () => {
      void this.remove(slot).then(() => this.#ofRooms.delete(room));
    });
    return slot;
  }

  /** Stops every session. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#slots.values(), ...this.#ofRooms.values()].map((slot) => slot.close()));
  }
}
