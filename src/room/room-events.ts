import { EventEmitter } from 'node:events';
import type { RoomEvent } from './room-event.ts';

/**
 * The event bus of all rooms. Rooms emit; notification/ and metrics/ listen.
 * Delivery is synchronous, in the order of emission.
 */
export class RoomEvents {
  readonly #emitter = new EventEmitter<{ event: [RoomEvent] }>({ captureRejections: false });

  constructor() {
    this.#emitter.setMaxListeners(0);
  }

  emit(event: RoomEvent): void {
    this.#emitter.emit('event', event);
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: RoomEvent) => void): () => void {
    this.#emitter.on('event', listener);
    return () => this.#emitter.off('event', listener);
  }
}
