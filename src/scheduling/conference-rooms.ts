import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import type { Peer } from '../room/peer.ts';
import type { Room } from '../room/room.ts';
import { plainRoom } from '../room/room-config.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { ConferenceDetails } from './conference.ts';
import { ConferencePeers, type ConferencePerson } from './conference-peers.ts';
import type { Conferences } from './conferences.ts';
import { isLocalServer } from './local-server.ts';

/** Time before the start of a conference from which on its participants are admitted, in ms. */
export const admittedBefore = 30 * 60_000;
/** Time after the end of a conference for which its room stays, in ms. */
const stayAfter = 15 * 60_000;
/** Time between two looks at the rooms, in ms. A peer that is found unconnected twice is removed. */
const lookInterval = 60_000;

const checkedAfter = ['deleted', 'changed', 'moved', 'participantRemoved'] as const;
const openedAfter = ['created', 'changed', 'moved'] as const;

export interface ConferenceRoomsOptions {
  readonly conferences: Conferences;
  readonly rooms: RoomRegistry;
  /** Whether rooms are made before somebody joins. */
  readonly precreate: boolean;
  /** Base URL of this server. */
  readonly publicAddress: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The rooms of conferences: docs/contracts/jitsi-admin.md 6. Conferences without a room cost nothing: only rooms are looked at, once a minute,
 * which also finds what other nodes have changed.
 */
export class ConferenceRooms {
  readonly #options: ConferenceRoomsOptions;
  readonly #peers = new ConferencePeers();
  /** By the number of their conference. One that a backend or a recorder created belongs to the conference when somebody joins. */
  readonly #rooms = new Map<string, Room>();
  readonly #interval: Interval;
  readonly #running = new Set<Promise<void>>();
  readonly #onChange = ({ number }: ConferenceDetails) => {
    this.#changes += 1;
    void this.#guard(this.check(number));
  };
  readonly #onPlan = (conference: ConferenceDetails) => {
    if (this.#options.precreate) void this.#guard(this.#openIfSoon(conference));
  };
  /** How often conferences were changed. */
  #changes = 0;

  constructor(options: ConferenceRoomsOptions) {
    this.#options = options;
    const { conferences, clock } = options;
    for (const event of checkedAfter) conferences.observer.on(event, this.#onChange);
    for (const event of openedAfter) conferences.observer.on(event, this.#onPlan);
    this.#interval = new Interval(clock, lookInterval, () => this.#guard(this.#look()));
    this.#openSoon();
  }

  /** Changes whenever a conference does. */
  get version(): number {
    return this.#changes;
  }

  /** Whether the conferences of its server are on this one. */
  isLocal({ server }: ConferenceDetails): boolean {
    return isLocalServer(server, this.#options.publicAddress);
  }

  /** Whether somebody is in the room of a conference. */
  isLive({ number }: ConferenceDetails): boolean {
    const room = this.#options.rooms.find(number);
    return room !== undefined && isOccupied(room);
  }

  /** The room, which is created unless it exists. @throws ShoalError */
  async open(conference: ConferenceDetails): Promise<Room> {
    const { number: roomId } = conference;
    const room = await this.#options.rooms.findOrCreate({ ...plainRoom, roomId }, roomMetadata(conference));
    if (room.closed) return await this.open(conference);
    room.metadata ??= roomMetadata(conference);
    this.#rooms.set(roomId, room);
    return room;
  }

  /** Adds a peer to the room. @throws AdmissionError full @throws ShoalError */
  async add(conference: ConferenceDetails, person: ConferencePerson): Promise<Peer> {
    return this.#peers.add(await this.open(conference), person);
  }

  /** Whether a peer was not removed since. */
  holds({ number }: ConferenceDetails, peer: Peer): boolean {
    return this.#options.rooms.find(number)?.peers.get(peer.id) === peer;
  }

  /** Does to a room what its conference asks for: deletes it, or removes who is not invited any more. */
  async check(number: string): Promise<void> {
    const { conferences, clock } = this.#options;
    const room = this.#rooms.get(number);
    if (!room) return;
    const conference = await conferences.find({ number });
    if (!conference) return await this.#delete(room);
    room.metadata = roomMetadata(conference);
    const people = this.#peers.people(room);
    // Who was admitted may be about to connect, except to a room that is elsewhere now.
    const isNeeded = this.isLocal(conference) && (people.length > 0 || clock.now() <= conference.end + stayAfter);
    if (!isNeeded && !isOccupied(room)) return await this.#delete(room);
    for (const { email, key } of people) {
      const isInvited = email === '' || (await conferences.invited(conference, email)) !== undefined;
      if (!isInvited) this.#peers.remove(room, key);
    }
  }

  /** Waits until rooms are as their conferences ask for. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const { observer } = this.#options.conferences;
    for (const event of checkedAfter) observer.off(event, this.#onChange);
    for (const event of openedAfter) observer.off(event, this.#onPlan);
    await this.#interval.close();
    await this.settled();
  }

  async #look(): Promise<void> {
    for (const [number, room] of this.#rooms) {
      if (this.#options.rooms.find(number) !== room) this.#rooms.delete(number);
      this.#peers.removeIdle(room);
      await this.#guard(this.check(number));
    }
    this.#openSoon();
  }

  async #delete(room: Room): Promise<void> {
    const { rooms } = this.#options;
    this.#rooms.delete(room.id);
    if (rooms.find(room.id) === room) await rooms.delete(room.id);
  }

  /** Makes the rooms of the conferences that begin soon. */
  #openSoon(): void {
    const { conferences, clock, precreate } = this.#options;
    if (!precreate) return;
    const openAll = async () => {
      const now = clock.now();
      const soon = await conferences.beginning(now - admittedBefore, now + admittedBefore);
      for (const conference of soon) await this.#openIfSoon(conference);
    };
    void this.#guard(openAll());
  }

  async #openIfSoon(conference: ConferenceDetails): Promise<void> {
    const { rooms, clock } = this.#options;
    const { number, start, end } = conference;
    const isSoon = Math.abs(start - clock.now()) <= admittedBefore && end > clock.now();
    if (isSoon && this.isLocal(conference) && !rooms.find(number)) await this.open(conference);
  }

  async #guard(work: Promise<void>): Promise<void> {
    const guarded = work.catch((err: unknown) => {
      this.#options.logger.warn({ err }, 'The rooms of conferences could not be looked after.');
    });
    this.#running.add(guarded);
    await guarded;
    this.#running.delete(guarded);
  }
}

/** Whether there is a peer that is connected, or a telephone. Recorders and those who were admitted only are nobody. */
function isOccupied(room: Room): boolean {
  const peers = [...room.peers.values()];
  const components = [...room.components.values()];
  return (
    peers.some(({ connection }) => connection) ||
    components.some(({ type, tracks }) => type === 'sip' && tracks.size > 0)
  );
}

function roomMetadata({ name, uid, start, end, moderator }: ConferenceDetails) {
  return { name, uid, start: iso(start), end: iso(end), moderator: moderator.email };
}

const iso = (time: number) => new Date(time).toISOString();
