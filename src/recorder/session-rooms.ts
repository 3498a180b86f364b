import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import type { Room } from '../room/room.ts';
import type { RoomConfig } from '../room/room-config.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { participantsOf } from './call-state.ts';
import { SessionFailure } from './session-failure.ts';
import type { SessionRequest } from './session-request.ts';

export interface SessionRoomsOptions {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  /** Whether a missing room is created. */
  readonly autoCreate: boolean;
  readonly clock: Clock;
}

/** Maximum time to wait for a room, in ms. */
const joinTimeout = 30_000;

/** Finds or creates the rooms that sessions record, and deletes created ones. */
export class SessionRooms {
  readonly #options: SessionRoomsOptions;
  /** Number of sessions by room. */
  readonly #sessions = new Map<Room<RoomRouter>, { count: number; created: boolean }>();

  constructor(options: SessionRoomsOptions) {
    this.#options = options;
  }

  /** Finds or creates a room; each call is followed by {@link leave}. @throws SessionFailure notJoined */
  async join(room: SessionRequest['room'], signal: AbortSignal): Promise<Room<RoomRouter>> {
    if (typeof room === 'object') return this.#enter(room, false);
    if (room === undefined || !isRoomId(room)) throw new SessionFailure('notJoined');
    const found = this.find(room);
    if (found) return this.#enter(found, false);
    if (!this.#options.autoCreate) return this.#enter(await this.#appearance(room, signal), false);
    return await this.#create(room);
  }

  /** Deletes a room that was created for a session, after the last session, if it has no peers. */
  async leave(room: Room<RoomRouter>): Promise<void> {
    const entry = this.#sessions.get(room);
    if (!entry) return;
    entry.count -= 1;
    if (entry.count > 0) return;
    this.#sessions.delete(room);
    const { rooms } = this.#options;
    if (!entry.created || participantsOf(room).length > 0 || room.components.size > 0) return;
    if (rooms.find(room.id) === room) await rooms.delete(room.id);
  }

  /** Finds a room by its id, else the only one whose id differs in case. */
  find(name: string): Room<RoomRouter> | undefined {
    const { rooms } = this.#options;
    const exact = rooms.find(name);
    if (exact) return exact;
    const similar = rooms.list().filter(({ id }) => id.toLowerCase() === name.toLowerCase());
    return similar.length === 1 ? similar[0] : undefined;
  }

  #enter(room: Room<RoomRouter>, created: boolean): Room<RoomRouter> {
    const entry = this.#sessions.get(room) ?? { count: 0, created };
    entry.count += 1;
    this.#sessions.set(room, entry);
    return room;
  }

  async #create(roomId: string): Promise<Room<RoomRouter>> {
    try {
      return this.#enter(await this.#options.rooms.create({ ...plainRoom, roomId }), true);
    } catch (error) {
      // It is being created by another request.
      if (error instanceof ShoalError) return this.#enter(await this.#appearance(roomId, undefined), false);
      throw new SessionFailure('notJoined');
    }
  }

  #appearance(name: string, signal: AbortSignal | undefined): Promise<Room<RoomRouter>> {
    const { events, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (room: Room<RoomRouter> | undefined) => {
        cancel();
        unsubscribe();
        signal?.removeEventListener('abort', giveUp);
        if (room) resolve(room);
        else reject(new SessionFailure('notJoined'));
      };
      const giveUp = () => settle(undefined);
      const look = () => {
        const room = this.find(name);
        if (room) settle(room);
      };
      const cancel = clock.schedule(joinTimeout, giveUp);
      // The room is in the list a moment after its event.
      const unsubscribe = events.subscribe(({ type }) => type === 'roomCreated' && queueMicrotask(look));
      signal?.addEventListener('abort', giveUp);
      look();
    });
  }
}

const plainRoom: Omit<RoomConfig, 'roomId'> = {
  maxPeers: null,
  videoCodec: null,
  webhookUrl: null,
  peerlessPurgeTimeout: null,
  peerDisconnectedTimeout: null,
};

/** The characters that the REST API accepts in room ids. */
export function isRoomId(name: string): boolean {
  return /^[\w-]+$/.test(name);
}
