import { EventEmitter } from 'node:events';

/** Whose tracks of a room go into a program, by the endpoints that send them. */
export interface OriginFilter {
  takes(endpointId: string): boolean;
  /** Calls back when further endpoints are taken. @returns a function that ends that */
  onWidened(listener: () => void): () => void;
}

/** Those of everybody in the room. */
export const everyOrigin: OriginFilter = { takes: () => true, onWidened: () => () => undefined };

/** The tracks of chosen endpoints, present and future ones; none at first. docs/contracts/fishjam-rest.md 6.8. */
export class ChosenOrigins implements OriginFilter {
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
