import type { SlotWebhooks } from '../jibri/slot-webhooks.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { Slot } from './slot.ts';

export interface SlotsOptions {
  /** Of the default slot; the others append their number. */
  readonly id: string;
  /** How many, the default slot included. */
  readonly count: number;
  readonly singleUse: boolean;
  readonly webhooks: SlotWebhooks;
}

/** All recorders of this server: those of the configuration, and one of each room. docs/contracts/jibri.md 11. */
export class Slots {
  /** The default slot first. */
  readonly all: readonly [Slot, ...Slot[]];
  readonly #options: SlotsOptions;
  readonly #ofRooms = new Map<Room<RoomRouter>, Slot>();

  constructor(options: SlotsOptions) {
    const { id, count, singleUse, webhooks } = options;
    this.#options = options;
    const further = Array.from({ length: count - 1 }, (_, index) => new Slot(`${id}-${index + 1}`, singleUse));
    this.all = [new Slot(id, singleUse), ...further];
    for (const slot of this.all) webhooks.watch(slot);
  }

  get default(): Slot {
    return this.all[0];
  }

  find(id: string): Slot | undefined {
    return this.all.find((slot) => slot.id === id);
  }

  /** The slot of a room, there as long as the room is. */
  ofRoom(room: Room<RoomRouter>): Slot {
    const known = this.#ofRooms.get(room);
    if (known) return known;
    const slot = new Slot(`${this.#options.id}-room-${room.id}`, false);
    this.#ofRooms.set(room, slot);
    const unwatch = this.#options.webhooks.watch(slot);
    const onClosed = async () => {
      await slot.close();
      unwatch();
      this.#ofRooms.delete(room);
    };
    room.changes.once('closed', () => void onClosed());
    return slot;
  }

  /** Stops every session. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.all, ...this.#ofRooms.values()].map((slot) => slot.close()));
  }
}
