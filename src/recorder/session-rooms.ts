import type { Clock } from '../clock/clock.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { Room } from '../room/room.ts';
import { maxRoomIdLength, plainRoom, roomIdPattern } from '../room/room-config.ts';
import type { RoomEvents } from '../room/room-events.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { participantsOf } from './call-state.ts';
import { SessionFailure } from './session-failure.ts';
import type { CallRoom, SessionRequest } from './session-request.ts';

export interface SessionRoomsOptions {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  /** Whether a missing room is created. */
  readonly autoCreate: boolean;
  readonly clock: Clock;
}

/** The sessions in a room. */
interface RoomUse {
  count: number;
  readonly created: boolean;
  /** Name of the tenant of the first call; empty when it has none, undefined while there is no call. */
  tenant: string | undefined;
}

/** Maximum time to wait for a room, in ms. */
const joinTimeout = 30_000;

/** Finds or creates the rooms that sessions record, and deletes created ones. */
export class SessionRooms {
  /** The id of the room of this name; undefined: the name is none. */
  findBy: (name: string) => Promise<string | undefined> = async () => undefined;
  readonly #options: SessionRoomsOptions;
  readonly #uses = new Map<Room<RoomRouter>, RoomUse>();
  /** The last one of those who find or create a room with an id, by the id in lower case: the next one is to see what that one did. */
  readonly #creations = new Map<string, Promise<Room<RoomRouter>>>();

  constructor(options: SessionRoomsOptions) {
    this.#options = options;
  }

  /** Finds or creates a room; each call is followed by {@link leave}. @throws SessionFailure notJoined */
  async join(requested: SessionRequest['room'], signal: AbortSignal): Promise<Room<RoomRouter>> {
    if (requested instanceof Room) return this.#enter(requested, undefined);
    if (requested === undefined || !isRoomId(requested.id)) throw new SessionFailure('notJoined');
    const call = await this.#resolved(requested);
    if (signal.aborted) throw new SessionFailure('notJoined');
    if (!this.#options.autoCreate) return await this.#appearance(call, signal);
    const key = call.id.toLowerCase();
    const before = this.#creations.get(key) ?? Promise.resolve(undefined);
    const creation = before.catch(() => undefined).then(() => this.#findOrCreate(call));
    this.#creations.set(key, creation);
    try {
      return await creation;
    } finally {
      if (this.#creations.get(key) === creation) this.#creations.delete(key);
    }
  }

  /** Deletes a room that was created for a session, after the last session, if it has no peers. */
  async leave(room: Room<RoomRouter>): Promise<void> {
    const use = this.#uses.get(room);
    if (!use) return;
    use.count -= 1;
    if (use.count > 0) return;
    this.#uses.delete(room);
    const { rooms } = this.#options;
    if (!use.created || participantsOf(room).length > 0 || room.components.size > 0) return;
    if (rooms.find(room.id) === room) await rooms.delete(room.id);
  }

  /** The call with the id of its room in place of another name. While that cannot be found out, the name is an id. */
  async #resolved(call: CallRoom): Promise<CallRoom> {
    const id = await this.findBy(call.tenant?.bareId ?? call.id).catch(() => undefined);
    return id === undefined ? call : { id };
  }

  /** Finds the room of a call by its id, else by its name without the tenant. A room that another tenant uses is none. */
  #find({ id, tenant }: CallRoom): Room<RoomRouter> | undefined {
    if (!tenant) return this.#similar(id);
    return [id, tenant.distinctId, tenant.bareId]
      .map((each) => this.#similar(each))
      .find((room) => room && this.#isFree(room, tenant.name));
  }

  /** Finds a room by its id, else the only one whose id differs in case. */
  #similar(id: string): Room<RoomRouter> | undefined {
    const { rooms } = this.#options;
    const exact = rooms.find(id);
    if (exact) return exact;
    const similar = rooms.list().filter((room) => room.id.toLowerCase() === id.toLowerCase());
    return similar.length === 1 ? similar[0] : undefined;
  }

  #isFree(room: Room<RoomRouter>, tenant: string): boolean {
    const used = this.#uses.get(room)?.tenant;
    return used === undefined || used === tenant;
  }

  #enter(room: Room<RoomRouter>, call: CallRoom | undefined, created = false): Room<RoomRouter> {
    const use = this.#uses.get(room) ?? { count: 0, created, tenant: undefined };
    use.count += 1;
    if (call) use.tenant ??= call.tenant?.name ?? '';
    this.#uses.set(room, use);
    return room;
  }

  async #findOrCreate(call: CallRoom): Promise<Room<RoomRouter>> {
    const found = this.#find(call);
    if (found) return this.#enter(found, call);
    const { rooms } = this.#options;
    const roomId = call.tenant && this.#similar(call.id) ? call.tenant.distinctId : call.id;
    try {
      return this.#enter(await rooms.create({ ...plainRoom, roomId }), call, true);
    } catch (error) {
      // It is being created by another request.
      if (error instanceof ShoalError && error.code === 'roomExists') return await this.#appearance(call, undefined);
      throw new SessionFailure('notJoined');
    }
  }

  /** Enters the room of a call as soon as there is one. */
  #appearance(call: CallRoom, signal: AbortSignal | undefined): Promise<Room<RoomRouter>> {
    const { events, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (room: Room<RoomRouter> | undefined) => {
        cancel();
        unsubscribe();
        signal?.removeEventListener('abort', giveUp);
        if (room) resolve(this.#enter(room, call));
        else reject(new SessionFailure('notJoined'));
      };
      const giveUp = () => settle(undefined);
      const look = () => {
        const room = this.#find(call);
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

/** Whether the REST API would accept it as a room id. */
export function isRoomId(name: string): boolean {
  return roomIdPattern.test(name) && name.length <= maxRoomIdLength;
}
