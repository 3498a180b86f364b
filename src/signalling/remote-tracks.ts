import { randomUUID } from 'node:crypto';
import type { Endpoint } from '../room/endpoint.ts';
import type { Track, TrackType } from '../room/track.ts';
import { RemoteTrack } from './remote-track.ts';
import type { OfferSection } from './sdp/offer.ts';

/**
 * The tracks that one client was told about, and the m-lines that carry them. The number of m-lines per kind never decreases,
 * because clients only add m-lines; one whose track was removed is assigned to another track later.
 */
export class RemoteTracks {
  readonly #tracks = new Map<string, RemoteTrack>();
  /** Track ids by mid of the receiving m-line. */
  readonly #mids = new Map<string, string | undefined>();
  readonly #slots: Record<TrackType, number> = { audio: 0, video: 0 };

  get(trackId: string): RemoteTrack | undefined {
    return this.#tracks.get(trackId);
  }

  values(): Iterable<RemoteTrack> {
    return this.#tracks.values();
  }

  announce(endpoint: Endpoint, tracks: Iterable<Track>): void {
    for (const track of tracks) this.#tracks.set(track.id, new RemoteTrack(endpoint, track, randomUUID()));
  }

  /** Removes tracks. @returns ids of those that the client may be told about now; an answer must name the others first */
  withdraw(trackIds: Iterable<string>): string[] {
    const tellable: string[] = [];
    for (const trackId of trackIds) {
      const remote = this.#tracks.get(trackId);
      if (!remote) continue;
      remote.subscription?.close();
      remote.subscription = undefined;
      if (remote.state === 'announced') {
        remote.state = 'withdrawn';
      } else if (remote.state === 'answered') {
        this.#forget(trackId);
        tellable.push(trackId);
      }
    }
    return tellable;
  }

  /** Forgets the withdrawn tracks of a removed endpoint: the client is not told about them any more. */
  forgetEndpoint(endpoint: Endpoint): void {
    for (const [trackId, remote] of this.#tracks) if (remote.endpoint === endpoint) this.#forget(trackId);
  }

  /** The number of receiving m-lines of each kind that the client needs. */
  slots(): Readonly<Record<TrackType, number>> {
    for (const kind of ['audio', 'video'] as const) {
      const needed = [...this.#tracks.values()].filter(({ track }) => track.type === kind).length;
      this.#slots[kind] = Math.max(this.#slots[kind], needed);
    }
    return { ...this.#slots };
  }

  /** Assigns tracks to the receiving m-lines of an offer: the tracks that they had, then waiting ones in the order of the offer. */
  assign(sections: readonly OfferSection[]): Map<string, RemoteTrack> {
    const assigned = new Map<string, RemoteTrack>();
    for (const { mid } of sections) {
      const trackId = this.#mids.get(mid);
      const remote = trackId === undefined ? undefined : this.#tracks.get(trackId);
      if (remote) assigned.set(mid, remote);
    }
    const taken = new Set(assigned.values());
    const waiting = [...this.#tracks.values()].filter((remote) => !taken.has(remote));
    for (const { mid, kind } of sections) {
      if (assigned.has(mid)) continue;
      const index = waiting.findIndex(({ track }) => track.type === kind);
      const [remote] = index < 0 ? [] : waiting.splice(index, 1);
      this.#mids.set(mid, remote?.track.id);
      if (remote) assigned.set(mid, remote);
    }
    return assigned;
  }

  /** To be called when an answer named those of these tracks that are not forgotten. @returns withdrawn ones, of which the client is to be told now */
  answered(remotes: Iterable<RemoteTrack>): RemoteTrack[] {
    const withdrawn: RemoteTrack[] = [];
    for (const remote of remotes) {
      if (this.#tracks.get(remote.track.id) !== remote) continue;
      if (remote.state === 'withdrawn') {
        withdrawn.push(remote);
        this.#forget(remote.track.id);
      } else {
        remote.state = 'answered';
      }
    }
    return withdrawn;
  }

  #forget(trackId: string): void {
    this.#tracks.delete(trackId);
    for (const [mid, carried] of this.#mids) if (carried === trackId) this.#mids.set(mid, undefined);
  }
}
