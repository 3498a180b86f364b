import { UndeliverableError } from '../database/outbox.ts';
import type { ConferenceBackends, ConferenceEvent } from '../scheduling/announcements.ts';
import { encodeConferenceEvent } from './server-message.ts';
import type { ServerSockets } from './server-sockets.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** Tells backends of scheduled conferences. */
export class ConferenceNotifications implements ConferenceBackends {
  readonly #sockets: ServerSockets;
  readonly #sender: WebhookSender;

  constructor(sockets: ServerSockets, sender: WebhookSender) {
    this.#sockets = sockets;
    this.#sender = sender;
  }

  get areListening(): boolean {
    return this.#sockets.hasSubscribers('conferences');
  }

  notify(event: ConferenceEvent): void {
    this.#sockets.broadcast(encodeConferenceEvent(event), 'conferences');
  }

  async post(url: string, event: ConferenceEvent, signal: AbortSignal): Promise<void> {
    const send = () => this.#sender.send(url, encodeConferenceEvent(event), signal);
    const result = await this.#sender.schedule(false, send);
    // Nobody refused it.
    signal.throwIfAborted();
    if (result.outcome === 'rejected') throw new UndeliverableError(result.cause);
    if (result.outcome === 'failed') throw new Error(result.cause);
  }
}
