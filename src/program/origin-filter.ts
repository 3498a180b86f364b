import { EventEmitter } from 'node:events';

/** Selects tracks of a room by the endpoints that send them. */
export interface OriginFilter {
  takes(endpointId: string): boolean;
  /** Adds a listener for further endpoints. @returns a function that removes it */
  onWidened(listener: () => void): () => void;
}

/** All endpoints of the room. */
export const everyOrigin: OriginFilter = { takes: () => true, onWidened: () => () => undefined };

/** Chosen endpoints, present and future ones; none at first. docs/contracts/fishjam-rest.md 6.8. */
export class ChosenOrigins implements OriginFilter {
  readonly #origins = new Set<string>();
  readonly #events = new EventEmitter<{ widened: [] }>();

  /** Adds endpoints. Unknown ids are remembered. */
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
