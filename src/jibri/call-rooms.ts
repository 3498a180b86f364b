import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { participantsOf } from '../recorder/call-state.ts';
import { failures } from '../recorder/session-error.ts';
import type { Room } from '../room/room.ts';
import type { RoomConfig } from '../room/room-config.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoomName, isLocalCall, isRoomId } from './call-name.ts';
import type { CallUrlInfo } from './start-request.ts';

export interface CallRoomsOptions {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  /** `host` or `host:port` of calls that are ours; none = all. */
  readonly hosts: readonly string[];
  /** Whether a call without a room gets one. */
  readonly autoCreate: boolean;
  readonly clock: Clock;
}

/** Time that a call has to come up, in ms: docs/contracts/jibri.md 9. */
const joinTimeout = 30_000;

/** Finds the room that a call means: docs/contracts/jibri.md 10. */
export class CallRooms {
  readonly #options: CallRoomsOptions;
  /** Rooms made here, with the number of sessions in each. */
  readonly #sessions = new Map<Room<RoomRouter>, { count: number; created: boolean }>();

  constructor(options: CallRoomsOptions) {
    this.#options = options;
  }

  /** Every room that is joined is left again. @throws SessionError */
  async join(call: CallUrlInfo, signal: AbortSignal): Promise<Room<RoomRouter>> {
    const name = callRoomName(call);
    if (!isLocalCall(call, this.#options.hosts) || !isRoomId(name)) throw failures.join();
    const found = this.find(name);
    if (found) return this.#enter(found, false);
    if (!this.#options.autoCreate) return this.#enter(await this.#appearance(name, signal), false);
    return await this.#create(name);
  }

  /** A room that was made for a call goes with the last session, when nobody else is there. */
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

  /** By its id, else by the only one that differs in case. */
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
      // Somebody else makes it at this moment.
      if (error instanceof ShoalError) return this.#enter(await this.#appearance(roomId, undefined), false);
      throw failures.join();
    }
  }

  #appearance(name: string, signal: AbortSignal | undefined): Promise<Room<RoomRouter>> {
    const { events, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (room: Room<RoomRouter> | undefined) => {
        cancel();
        unsubscribe();
        signal?.removeEventListener('abort', give);
        if (room) resolve(room);
        else reject(failures.join());
      };
      const give = () => settle(undefined);
      const look = () => {
        const room = this.find(name);
        if (room) settle(room);
      };
      const cancel = clock.schedule(joinTimeout, give);
      // The room is in the list a moment after its event.
      const unsubscribe = events.subscribe(({ type }) => type === 'roomCreated' && queueMicrotask(look));
      signal?.addEventListener('abort', give);
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
