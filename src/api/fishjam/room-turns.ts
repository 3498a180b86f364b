import type { Room } from '../../room/room.ts';

/** One thing after the other in each room, so that what was checked still holds when it is acted upon. */
export class RoomTurns {
  readonly #last = new WeakMap<Room, Promise<unknown>>();

  /** Runs `work` when all that was taken for this room before has ended, well or not. */
  take<T>(room: Room, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(room) ?? Promise.resolve()).then(work);
    this.#last.set(
      room,
      turn.catch(() => undefined),
    );
    return turn;
  }
}
