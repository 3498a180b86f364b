import type { Logger } from '../log/logger.ts';
import type { RoomEvent } from '../room/room-event.ts';
import type { RoomEvents } from '../room/room-events.ts';
import { encodeRoomEvent } from './server-message.ts';
import type { ServerSockets } from './server-sockets.ts';
import type { Webhooks } from './webhooks.ts';

export interface NotificationsOptions {
  readonly events: RoomEvents;
  readonly sockets: ServerSockets;
  readonly webhooks: Webhooks;
  readonly logger: Logger;
}

/** Listens to the rooms and tells backends: each event is encoded once, for the sockets and the webhook alike. */
export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #unsubscribe: () => void;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#unsubscribe = options.events.subscribe((event) => this.#notify(event));
  }

  /** Stops listening. Sockets and webhooks are closed by their owner, once they have got everything. */
  close(): void {
    this.#unsubscribe();
  }

  /** Called from within the room's own code, which must not suffer from what goes wrong here. */
  #notify(event: RoomEvent): void {
    const { sockets, webhooks, logger } = this.#options;
    try {
      const message = encodeRoomEvent(event);
      // Clients that do not know of outputs must not hear of them.
      const isOutput = event.type === 'outputChanged';
      if (isOutput) sockets.broadcastOutput(message);
      else sockets.broadcast(message);
      if (!isOutput || event.notify) webhooks.notify(event, message);
    } catch (err) {
      logger.error({ err, roomId: event.roomId, event: event.type }, 'A room event could not be sent');
    }
  }
}
