import type { Slot } from '../recorder/slot.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';

/** A slot at one of its addresses; `room` when it belongs to one. */
export interface SlotAddress {
  readonly slot: Slot;
  readonly room?: Room<RoomRouter>;
}
