import { EventEmitter } from 'node:events';

/** Which tracks of a room somebody takes, by the endpoints that send them. */
export interface TrackSelection {
  takes(endpointId: string): boolean;
  /** Calls back when further endpoints are taken. @returns a function that ends that */
  onWidened(listener: () => void): () => void;
}

/** Every track of the room. */
export const everyTrack: TrackSelection = { takes: () => true, onWidened: () => () => undefined };

/** The tracks of chosen endpoints, present and future ones; none at first. Section 6.8 of the REST contract. */
export class ChosenOrigins implements TrackSelection {
  readonly #origins = new Set<string>();
  readonly #events = new EventEmitter<{ widened: [] }>();

  /** Ids that nobody has yet are remembered. */
  add(origins: readonly string[]): void {
    for (const origin of origins) this.#origins.add(origin);
    this.#events.emit('widened');
  }

  takes(endpointId: string): boolean {
    return this.#origins.has(endpointId);
  }

  onWidened(listener: () => void): () => void {
    this.#events.on('widened', listener);
    return () => this.#events.off('widened', listener);
  }
}
