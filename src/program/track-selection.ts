import { EventEmitter } from 'node:events';
import type { SubscribeMode } from '../component/option-cast.ts';
import type { Component } from '../room/component.ts';
import type { Endpoint } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomChange } from '../room/room-change.ts';
import type { Track } from '../room/track.ts';

export interface TrackSelectionEvents {
  added: [track: Track, endpoint: Endpoint];
  removed: [track: Track, endpoint: Endpoint];
}

/** Which tracks of its room a component takes: all, or those of chosen endpoints (docs/contracts/fishjam-rest.md 6.8). Never its own. */
export class TrackSelection {
  readonly observer = new EventEmitter<TrackSelectionEvents>();
  /** What is taken now, by track id. */
  readonly tracks = new Map<string, Track>();
  readonly #room: Room;
  readonly #component: Component;
  readonly #mode: SubscribeMode;
  readonly #origins = new Set<string>();
  #started = false;

  /** Nothing is taken before {@link start}. */
  constructor(room: Room, component: Component, mode: SubscribeMode) {
    this.#room = room;
    this.#component = component;
    this.#mode = mode;
  }

  /** Takes what is there and from now on what comes. */
  start(): void {
    this.#started = true;
    this.#room.changes.on('change', this.#onChange);
    this.#takePresent();
  }

  /** Chooses further endpoints by id; unknown ones are remembered. There is no way back. */
  subscribe(origins: readonly string[]): void {
    for (const origin of origins) this.#origins.add(origin);
    if (this.#started) this.#takePresent();
  }

  /** Idempotent; nothing is told any more. */
  close(): void {
    this.#room.changes.off('change', this.#onChange);
    this.observer.removeAllListeners();
  }

  readonly #onChange = (change: RoomChange): void => {
    if (change.type === 'tracksAdded') this.#take(change.endpoint, change.tracks);
    if (change.type === 'tracksRemoved') this.#drop(change.endpoint, change.tracks);
  };

  #takePresent(): void {
    for (const endpoint of this.#room.endpoints()) this.#take(endpoint, [...endpoint.tracks.values()]);
  }

  #take(endpoint: Endpoint, tracks: readonly Track[]): void {
    if (endpoint === this.#component || (this.#mode === 'manual' && !this.#origins.has(endpoint.id))) return;
    for (const track of tracks) {
      if (this.tracks.has(track.id)) continue;
      this.tracks.set(track.id, track);
      this.observer.emit('added', track, endpoint);
    }
  }

  #drop(endpoint: Endpoint, tracks: readonly Track[]): void {
    for (const track of tracks) if (this.tracks.delete(track.id)) this.observer.emit('removed', track, endpoint);
  }
}
