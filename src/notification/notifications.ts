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

/** Listens to room events and notifies backends. Each event is encoded once for sockets and webhook. */
export class Notifications {
  readonly #options: NotificationsOptions;
  readonly #unsubscribe: () => void;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    this.#unsubscribe = options.events.subscribe((event) => this.#notify(event));
  }

  /** Stops listening. Idempotent. Sockets and webhooks are closed by their owner. */
  close(): void {
    this.#unsubscribe();
  }

  /** Called synchronously by the room, so it must not throw. */
  #notify(event: RoomEvent): void {
    const { sockets, webhooks, logger } = this.#options;
    try {
      const message = encodeRoomEvent(event);
      sockets.broadcast(message, topicOf(event));
      if (!('notify' in event) || event.notify) webhooks.notify(event, message);
    } catch (err) {
      logger.error({ err, roomId: event.roomId, event: event.type }, 'A room event could not be sent');
    }
  }
}

/** Only clients that subscribed to outputs or to SIP know the messages of our own. */
function topicOf({ type }: RoomEvent): 'notifications' | 'outputs' | 'sip' {
  if (type === 'outputChanged') return 'outputs';
  return type === 'callChanged' || type === 'dtmfReceived' ? 'sip' : 'notifications';
}
