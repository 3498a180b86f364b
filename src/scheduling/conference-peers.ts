import type { Peer } from '../room/peer.ts';
import type { Room } from '../room/room.ts';
import { AdmissionError } from './admission.ts';

/** Peers of one person in a room that are not connected, and all of them. */
const maxUnconnected = 4;
const maxDevices = 16;

/** Who joins, and with which device. */
export interface ConferencePerson {
  /** The same for all devices of a person. */
  readonly key: string;
  readonly device: string;
  /** Empty: a telephone. */
  readonly email: string;
  readonly displayName: string;
  readonly moderator: boolean;
}

/** The peers that were made for people: one for each of their devices. */
export class ConferencePeers {
  readonly #people = new WeakMap<Peer, ConferencePerson>();
  /** Peers that were not connected when they were looked at. */
  readonly #idle = new WeakSet<Peer>();

  /** Adds a peer in place of an earlier one of the same device. @throws AdmissionError full @throws ShoalError peerLimitReached, serverLimitReached */
  add(room: Room, person: ConferencePerson): Peer {
    const own = this.#ofPerson(room, person.key);
    const replaced = own.filter((peer) => this.#people.get(peer)?.device === person.device);
    const others = own.filter((peer) => !replaced.includes(peer));
    const unconnected = others.filter(({ connection }) => !connection);
    const excess = Math.max(unconnected.length - maxUnconnected, others.length - maxDevices) + 1;
    if (excess > unconnected.length) throw new AdmissionError({ reason: 'full' });
    // The oldest are the first.
    for (const peer of [...replaced, ...unconnected.slice(0, Math.max(0, excess))]) room.removePeer(peer.id);
    const { email, displayName, moderator } = person;
    const peer = room.addPeer({ enableSimulcast: true, serverMetadata: { displayName, email, moderator } });
    this.#people.set(peer, person);
    return peer;
  }

  /** Everybody who has a peer, once. */
  people(room: Room): ConferencePerson[] {
    const people = new Map<string, ConferencePerson>();
    for (const peer of room.peers.values()) {
      const person = this.#people.get(peer);
      if (person) people.set(person.key, person);
    }
    return [...people.values()];
  }

  /** Removes and disconnects all peers of a person. */
  remove(room: Room, key: string): void {
    for (const { id } of this.#ofPerson(room, key)) room.removePeer(id);
  }

  /** Removes the peers that were not connected the last time either. */
  removeIdle(room: Room): void {
    for (const peer of [...room.peers.values()]) {
      if (!this.#people.has(peer)) continue;
      if (peer.connection) this.#idle.delete(peer);
      else if (this.#idle.has(peer)) room.removePeer(peer.id);
      else this.#idle.add(peer);
    }
  }

  #ofPerson(room: Room, key: string): Peer[] {
    return [...room.peers.values()].filter((peer) => this.#people.get(peer)?.key === key);
  }
}
