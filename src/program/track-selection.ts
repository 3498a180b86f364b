import { EventEmitter } from 'node:events';
import type { Endpoint } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { Track } from '../room/track.ts';
import type { OriginFilter } from './origin-filter.ts';

export interface TrackSelectionEvents {
  added: [track: Track, endpoint: Endpoint];
  /** The metadata of a track or of its endpoint changed. */
  updated: [track: Track, endpoint: Endpoint];
  removed: [track: Track, endpoint: Endpoint];
}

/** The tracks of a room that an {@link OriginFilter} selects, present and future ones. */
export class TrackSelection {
  readonly observer = new EventEmitter<TrackSelectionEvents>();
  /** The selected tracks by id. */
  readonly tracks = new Map<string, Track>();
  readonly #room: Room;
  readonly #origins: OriginFilter;
  #stopWidening: (() => void) | undefined;

  /** Nothing is selected before {@link start}. */
  constructor(room: Room, origins: OriginFilter) {
    this.#room = room;
    this.#origins = origins;
  }

  /** Selects present tracks, and future ones from now on. To be called once. */
  start(): void {
    this.#room.changes.on('change', this.#onChange);
    this.#stopWidening = this.#origins.onWidened(() => this.#takePresent());
    this.#takePresent();
  }

  /** Emits nothing any more. Idempotent. */
  close(): void {
    this.#room.changes.off('change', this.#onChange);
    this.#stopWidening?.();
    this.observer.removeAllListeners();
  }

  readonly #onChange = (change: RoomChange): void => {
    const { endpoint } = change;
    if (change.type === 'tracksAdded') this.#take(endpoint, change.tracks);
    if (change.type === 'tracksRemoved') this.#drop(endpoint, change.tracks);
    if (change.type === 'trackUpdated') this.#update(endpoint, [change.track]);
    if (change.type === 'endpointUpdated') this.#update(endpoint, endpoint.tracks.values());
  };

  #takePresent(): void {
    for (const endpoint of this.#room.endpoints()) this.#take(endpoint, [...endpoint.tracks.values()]);
  }

  #take(endpoint: Endpoint, tracks: readonly Track[]): void {
    if (!this.#origins.takes(endpoint.id)) return;
    for (const track of tracks) {
      if (this.tracks.has(track.id)) continue;
      this.tracks.set(track.id, track);
      this.observer.emit('added', track, endpoint);
    }
  }

  #update(endpoint: Endpoint, tracks: Iterable<Track>): void {
    for (const track of tracks) if (this.tracks.has(track.id)) this.observer.emit('updated', track, endpoint);
  }

  #drop(endpoint: Endpoint, tracks: readonly Track[]): void {
    for (const track of tracks) if (this.tracks.delete(track.id)) this.observer.emit('removed', track, endpoint);
  }
}
