import type { Clock } from '../clock/clock.ts';
import { pause } from '../clock/pause.ts';
import type { Logger } from '../log/logger.ts';
import { backOff, retryAfter } from './retry-delay.ts';
import type { WaitingMessage, WebhookBacklog } from './webhook-backlog.ts';
import type { DeliveryResult, WebhookSender } from './webhook-sender.ts';

export interface WebhookCounts {
  delivered: number;
  /** Responded to with a redirect or a client error, or not sent because the address is not permitted. */
  rejected: number;
  /** Failed deliveries; they may have been retried. */
  failed: number;
  /** Messages dropped because they were too old or too many, or because the server stopped. */
  dropped: number;
}

export interface WebhookQueueOptions {
  readonly url: string;
  readonly sender: WebhookSender;
  readonly backlog: WebhookBacklog;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** How long a failing message is retried, in ms; 0: it is sent once. */
  readonly retryTime: number;
  /** Maximum number of waiting messages; beyond it the oldest is dropped. */
  readonly maxLength: number;
  /** Shared by all queues. */
  readonly counts: WebhookCounts;
  readonly logger: Logger;
  /** Called when the queue is empty. */
  readonly onIdle: (queue: WebhookQueue) => void;
}

interface QueuedMessage extends WaitingMessage {
  /** By the monotonic clock. */
  readonly queuedAt: number;
  attempts: number;
}

/** The webhook messages of one room, sent one at a time and in order. A failed message is retried before the next. */
export class WebhookQueue {
  readonly #options: WebhookQueueOptions;
  readonly #waiting: QueuedMessage[] = [];
  readonly #abort = new AbortController();
  /** Failed deliveries in a row, of any message. */
  #failures = 0;
  #dropped = 0;
  #running = false;
  #sending = false;
  #draining = false;

  constructor(options: WebhookQueueOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  push(bytes: Uint8Array): void {
    const { clock, backlog, maxLength } = this.#options;
    const message: QueuedMessage = { bytes, queuedAt: clock.monotonic(), attempts: 0, drop: () => this.#drop(message) };
    const first = this.#sending ? 1 : 0;
    const oldest = this.#waiting[first];
    if (oldest && this.#waiting.length - first >= maxLength) this.#drop(oldest);
    this.#waiting.push(message);
    backlog.add(message);
    if (!this.#running) void this.#run();
  }

  /** Sends the waiting messages without retries; after a failure the rest is dropped. */
  drain(): void {
    this.#draining = true;
    if (this.#failures > 0 && !this.#sending) this.abandon();
  }

  /** Drops the waiting messages and aborts the running request. */
  abandon(): void {
    for (const message of [...this.#waiting]) this.#drop(message);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const result = await this.#options.sender.schedule(this.#failures > 0, () => this.#deliverFirst());
      if (result?.outcome !== 'failed') continue;
      if (this.#draining) this.abandon();
      else if (this.#options.retryTime > 0) await this.#pause(result.retryAfter);
      this.#dropExpired();
    }
    this.#running = false;
    this.#options.onIdle(this);
  }

  /** Delivers the message that is first by now: earlier ones may have been dropped. */
  async #deliverFirst(): Promise<DeliveryResult | undefined> {
    const [message] = this.#waiting;
    if (!message) return undefined;
    this.#sending = true;
    message.attempts++;
    const result = await this.#options.sender.send(this.url, message.bytes, this.#abort.signal);
    this.#sending = false;
    if (this.#abort.signal.aborted) return result;
    this.#options.counts[result.outcome]++;
    if (result.outcome === 'failed') this.#failed(result.cause);
    else this.#settled(message, result);
    return result;
  }

  #settled(message: QueuedMessage, result: Exclude<DeliveryResult, { outcome: 'failed' }>): void {
    const { logger } = this.#options;
    this.#remove(message);
    if (result.outcome === 'rejected') logger.warn({ cause: result.cause }, 'A webhook was not accepted');
    else if (this.#failures > 0) logger.info({ dropped: this.#dropped }, 'Webhooks are delivered again');
    this.#failures = 0;
    this.#dropped = 0;
  }

  #failed(cause: string): void {
    if (this.#failures++ === 0) this.#options.logger.warn({ cause }, 'A webhook could not be delivered');
  }

  async #pause(asked: string | undefined): Promise<void> {
    const { clock, random } = this.#options;
    const delay = Math.max(backOff(this.#failures, random()), asked ? retryAfter(asked, clock.now()) : 0);
    await pause(clock, delay, this.#abort.signal);
  }

  /** Drops messages that are too old, including those that waited behind a failing one. */
  #dropExpired(): void {
    const { clock, retryTime } = this.#options;
    const expired = ({ queuedAt, attempts }: QueuedMessage): boolean =>
      clock.monotonic() - queuedAt >= retryTime && (attempts > 0 || retryTime > 0);
    for (const message of this.#waiting.filter(expired)) this.#drop(message);
  }

  #drop(message: QueuedMessage): void {
    this.#remove(message);
    this.#options.counts.dropped++;
    this.#dropped++;
    // Logs the 1st, 2nd, 4th, 8th and so on, so that thousands of drops do not fill the log.
    if ((this.#dropped & (this.#dropped - 1)) !== 0) return;
    this.#options.logger.warn({ dropped: this.#dropped }, 'Webhooks were dropped');
  }

  #remove(message: QueuedMessage): void {
    const index = this.#waiting.indexOf(message);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#options.backlog.delete(message);
  }
}
