import { displayName } from '../program/program-track.ts';
import type { Endpoint } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { Metadata } from '../room/track.ts';

/** A peer of a recorded room. */
export interface Participant {
  readonly id: string;
  /** The display name of its metadata; its id when there is none. */
  readonly name: string;
  readonly metadata: Metadata;
}

/** Collects every peer that was in a room at any time, with its last metadata. */
export class Participants {
  readonly #room: Pick<Room, 'peers' | 'changes'>;
  readonly #seen = new Map<string, Participant>();
  readonly #onChange = ({ endpoint }: RoomChange) => this.#see(endpoint);

  constructor(room: Pick<Room, 'peers' | 'changes'>) {
    this.#room = room;
    for (const peer of room.peers.values()) if (peer.joined) this.#see(peer);
    room.changes.on('change', this.#onChange);
  }

  list(): Participant[] {
    return [...this.#seen.values()];
  }

  /** Idempotent. */
  close(): void {
    this.#room.changes.off('change', this.#onChange);
  }

  #see({ id, type, metadata }: Endpoint): void {
    if (type === 'webrtc') this.#seen.set(id, { id, name: displayName(metadata) || id, metadata });
  }
}
