import { ShoalError } from '../../error/shoal-error.ts';
import type { Room } from '../../room/room.ts';
import type { VideoCodec } from '../../room/room-config.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';

/** Rooms of the demo page by id, with the codec that each enforces. All visitors who choose the same codec meet. */
const codecs: ReadonlyMap<string, VideoCodec | null> = new Map([
  ['demo', null],
  ['demo-vp8', 'vp8'],
  ['demo-h264', 'h264'],
]);

/** Visitors need no token, so their number is limited. */
const maxPeers = 16;
/** Seconds for which the peer of a closed tab stays in the room, disconnected. */
const peerDisconnectedTimeout = 10;
/** Seconds for which a room without connected peers stays. */
const peerlessPurgeTimeout = 60;

/** The rooms that the demo page may enter. Each is created when its first visitor comes. */
export class DemoRooms {
  readonly #rooms: RoomRegistry;

  constructor(rooms: RoomRegistry) {
    this.#rooms = rooms;
  }

  /** @param codec `null` = any @returns the id of the room @throws ShoalError invalidVideoCodec */
  static idFor(codec: string | null): string {
    for (const [roomId, enforced] of codecs) if (enforced === codec) return roomId;
    throw new ShoalError('invalidVideoCodec', String(codec));
  }

  /** @throws ShoalError roomNotFound when the room is not one of the demo, whether it exists or not */
  static check(roomId: string): void {
    if (!codecs.has(roomId)) throw new ShoalError('roomNotFound', roomId);
  }

  /** The room, which is created unless it exists. @throws ShoalError roomNotFound */
  async enter(roomId: string): Promise<Room> {
    DemoRooms.check(roomId);
    const videoCodec = codecs.get(roomId) ?? null;
    const limits = { maxPeers, peerDisconnectedTimeout, peerlessPurgeTimeout };
    return await this.#rooms.findOrCreate({ roomId, videoCodec, webhookUrl: null, ...limits });
  }
}
