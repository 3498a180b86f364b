import type { Logger } from '../log/logger.ts';
import type { OutputChanged, RoomEvent } from '../room/room-event.ts';
import type { RoomEvents } from '../room/room-events.ts';

/** Logs what begins and ends in rooms as it should. Failures are logged where they occur. */
export class EventLog {
  readonly #logger: Logger;
  readonly #unsubscribe: () => void;

  constructor(events: RoomEvents, logger: Logger) {
    this.#logger = logger;
    this.#unsubscribe = events.subscribe((event) => this.#note(event));
  }

  /** Stops listening. Idempotent. */
  close(): void {
    this.#unsubscribe();
  }

  #note(event: RoomEvent): void {
    const { type, roomId } = event;
    if (type === 'roomCreated') this.#logger.info({ roomId }, 'A room was created.');
    else if (type === 'roomDeleted') this.#logger.info({ roomId }, 'A room was deleted.');
    else if (type === 'hlsPlayable')
      this.#logger.info({ roomId, componentId: event.componentId }, 'A stream can be played.');
    else if (type === 'outputChanged') this.#noteOutput(event);
  }

  #noteOutput({ roomId, outputId, outputType, state, error }: OutputChanged): void {
    const fields = { roomId, outputId, outputType };
    if (state === 'running') this.#logger.info(fields, 'An output of a room is running.');
    else if (state === 'finished') this.#logger.info(fields, 'An output of a room has finished.');
    else if (state === 'failed') this.#logger.warn({ ...fields, reason: error }, 'An output of a room failed.');
  }
}
