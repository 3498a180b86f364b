import { ShoalError } from '../../error/shoal-error.ts';
import type { Room } from '../../room/room.ts';
import type { VideoCodec } from '../../room/room-config.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';

/** Rooms of the demo page by id, with the codec that each enforces. Who opens the same page, meets. */
const codecs: ReadonlyMap<string, VideoCodec | null> = new Map([
  ['demo', null],
  ['demo-vp8', 'vp8'],
  ['demo-h264', 'h264'],
]);

/** Nobody has to prove anything to get in, so there is a bound. */
const maxPeers = 16;
/** Seconds that a closed tab stays in the room as a disconnected peer. */
const peerDisconnectedTimeout = 10;
/** Seconds that a room without connected peers stays. */
const peerlessPurgeTimeout = 60;

/** The rooms that the demo page may enter, each made when somebody comes first. */
export class DemoRooms {
  readonly #rooms: RoomRegistry;
  readonly #opening = new Map<string, Promise<Room>>();

  constructor(rooms: RoomRegistry) {
    this.#rooms = rooms;
  }

  /** @param codec `null` = any @returns a room's id @throws ShoalError invalidVideoCodec */
  static idFor(codec: string | null): string {
    for (const [roomId, enforced] of codecs) if (enforced === codec) return roomId;
    throw new ShoalError('invalidVideoCodec', String(codec));
  }

  /** @throws ShoalError roomNotFound when this is no room of the demo, whether it exists or not */
  static check(roomId: string): void {
    if (!codecs.has(roomId)) throw new ShoalError('roomNotFound', roomId);
  }

  /** The room, also when somebody else made it. @throws ShoalError roomNotFound */
  async enter(roomId: string): Promise<Room> {
    DemoRooms.check(roomId);
    const room = this.#rooms.find(roomId);
    if (room) return room;
    const opening = this.#opening.get(roomId) ?? this.#open(roomId);
    this.#opening.set(roomId, opening);
    return await opening;
  }

  async #open(roomId: string): Promise<Room> {
    try {
      const videoCodec = codecs.get(roomId) ?? null;
      const webhookUrl = null;
      const limits = { maxPeers, peerDisconnectedTimeout, peerlessPurgeTimeout };
      return await this.#rooms.create({ roomId, videoCodec, webhookUrl, ...limits });
    } finally {
      this.#opening.delete(roomId);
    }
  }
}
