import { type Clock, systemClock } from '../clock/clock.ts';
import type { Logger } from '../log/logger.ts';
import type { RoomEvent } from '../room/room-event.ts';
import { WebhookBacklog } from './webhook-backlog.ts';
import { type WebhookCounts, WebhookQueue } from './webhook-queue.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface WebhooksOptions {
  readonly sender: WebhookSender;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** From 0 to 1; spreads the retries. */
  readonly random?: () => number;
  /** How long a failing message is retried, in ms; 0: it is sent once. Default 60 000. */
  readonly retryTime?: number;
  /** Maximum number of waiting messages per room. Default 1000. */
  readonly queueLength?: number;
  /** Approximate memory limit for all waiting messages, in bytes. Default 64 MiB. */
  readonly maxBacklogBytes?: number;
}

/** Maximum number of ended rooms that are remembered because they may still report their HLS upload. */
const maxEnded = 1000;

/** Sends room events to the `webhookUrl` of their room. A slow or dead receiver delays its own room only. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #clock: Clock;
  readonly #backlog: WebhookBacklog;
  readonly #queues = new Map<string, WebhookQueue>();
  readonly #ended = new Set<string>();
  readonly #busy = new Set<WebhookQueue>();
  readonly #counts: WebhookCounts = { delivered: 0, rejected: 0, failed: 0, dropped: 0 };
  #onAllIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backlog = new WebhookBacklog(options.maxBacklogBytes ?? 64 * 1024 * 1024);
  }

  /** Since the start of the server. */
  get counts(): Readonly<WebhookCounts> {
    return this.#counts;
  }

  /** Number of waiting messages. */
  get waiting(): number {
    return this.#backlog.length;
  }

  /** @param message the encoded event */
  notify(event: RoomEvent, message: Uint8Array): void {
    if (this.#closing) return;
    if (event.type === 'roomCreated') this.#open(event.roomId, event.webhookUrl);
    const queue = this.#queues.get(event.roomId);
    if (!queue) return;
    this.#busy.add(queue);
    queue.push(message);
    this.#forgetAfter(event);
  }

  /**
   * Sends what waits for receivers that respond, and drops the rest. Idempotent.
   * @param timeout for all of it, in ms
   */
  async close(timeout = 1500): Promise<void> {
    this.#closing ??= this.#close(timeout);
    await this.#closing;
  }

  /** A new room with the id and URL of a former one uses its queue, if there still is one. */
  #open(roomId: string, url: string | null): void {
    this.#ended.delete(roomId);
    if (this.#queues.get(roomId)?.url === url) return;
    this.#queues.delete(roomId);
    if (url) this.#queues.set(roomId, this.#createQueue(roomId, url));
  }

  #createQueue(roomId: string, url: string): WebhookQueue {
    const { sender, logger, random = Math.random, retryTime = 60_000, queueLength = 1000 } = this.#options;
    return new WebhookQueue({
      url,
      sender,
      backlog: this.#backlog,
      clock: this.#clock,
      random,
      retryTime,
      maxLength: queueLength,
      counts: this.#counts,
      // The host only: paths and queries may hold secrets.
      logger: logger.child({ roomId, receiver: URL.parse(url)?.host }),
      onIdle: (queue) => this.#idle(queue),
    });
  }

  /** Forgets an ended room after its upload report, or when too many have ended since without one. */
  #forgetAfter({ type, roomId }: RoomEvent): void {
    if (type === 'roomDeleted' || type === 'roomCrashed') this.#ended.add(roomId);
    const [firstEnded] = this.#ended;
    if (firstEnded !== undefined && this.#ended.size > maxEnded) this.#forget(firstEnded);
    const isUploadReport = type === 'hlsUploaded' || type === 'hlsUploadCrashed';
    if (isUploadReport && this.#ended.has(roomId)) this.#forget(roomId);
  }

  #forget(roomId: string): void {
    this.#ended.delete(roomId);
    this.#queues.delete(roomId);
  }

  #idle(queue: WebhookQueue): void {
    this.#busy.delete(queue);
    if (this.#busy.size === 0) this.#onAllIdle?.();
  }

  async #close(timeout: number): Promise<void> {
    const allIdle = new Promise<void>((resolve) => {
      this.#onAllIdle = resolve;
      if (this.#busy.size === 0) resolve();
    });
    const cancel = this.#clock.schedule(timeout, () => {
      for (const queue of [...this.#busy]) queue.abandon();
    });
    for (const queue of [...this.#busy]) queue.drain();
    await allIdle;
    cancel();
    this.#queues.clear();
    this.#ended.clear();
  }
}
