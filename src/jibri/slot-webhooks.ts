import PQueue from 'p-queue';
import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import type { Logger } from '../log/logger.ts';
import type { OutboundClient } from '../net/outbound-client.ts';
import type { SessionChange, Slot, SlotStatus } from '../recorder/slot.ts';
import { sessionBody } from './session-body.ts';
import { statusBody } from './status-body.ts';
import type { WebhookToken } from './webhook-token.ts';

export interface SlotWebhooksOptions {
  /** Base URLs. */
  readonly subscribers: readonly string[];
  readonly client: OutboundClient;
  readonly token?: WebhookToken;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** In ms. */
const heartbeat = 60_000;
const requestTimeout = 2000;
/** Maximum number of queued messages per subscriber and slot; a slower subscriber misses messages. */
const maxQueueLength = 100;

/** Reports the status of slots to subscribers: docs/contracts/jibri.md 5. Each subscriber gets a slot's messages in order and delays no other. */
export class SlotWebhooks {
  readonly #options: SlotWebhooksOptions;
  readonly #abort = new AbortController();
  readonly #queues = new Set<PQueue>();
  readonly #heartbeats = new Set<Interval>();

  constructor(options: SlotWebhooksOptions) {
    this.#options = options;
  }

  /** Starts reporting a slot. @returns a function that stops it */
  watch(slot: Slot): () => void {
    const targets = this.#options.subscribers.map((base) => ({ base, queue: new PQueue({ concurrency: 1 }) }));
    if (targets.length === 0) return () => undefined;
    for (const { queue } of targets) this.#queues.add(queue);
    const send = (path: string, body: unknown) => {
      const text = JSON.stringify(body);
      for (const { base, queue } of targets) this.#enqueue(queue, base + path, text);
    };
    const onStatus = (status: SlotStatus) => send('/v1/status', { jibriId: slot.id, status: statusBody(status) });
    const onSession = (change: SessionChange) =>
      send('/v1/session/status', { jibriId: slot.id, session: sessionBody(change) });
    slot.observer.on('status', onStatus).on('session', onSession);
    onStatus(slot.status);
    const beat = new Interval(this.#options.clock, heartbeat, () => onStatus(slot.status));
    this.#heartbeats.add(beat);
    return () => {
      void beat.close();
      this.#heartbeats.delete(beat);
      slot.observer.off('status', onStatus).off('session', onSession);
      for (const { queue } of targets) void queue.onIdle().then(() => this.#queues.delete(queue));
    };
  }

  /** Waits shortly for queued messages. Idempotent. */
  async close(): Promise<void> {
    for (const beat of this.#heartbeats) void beat.close();
    const cancel = this.#options.clock.schedule(requestTimeout / 2, () => this.#abort.abort());
    await Promise.all(Array.from(this.#queues, (queue) => queue.onIdle()));
    cancel();
    this.#abort.abort();
  }

  #enqueue(queue: PQueue, url: string, body: string): void {
    if (queue.size < maxQueueLength) void queue.add(() => this.#send(url, body));
    else
      this.#options.logger.warn(
        { receiver: hostOf(url) },
        'A subscriber to recorders is too slow and misses a message.',
      );
  }

  /** Never rejects. */
  async #send(url: string, body: string): Promise<void> {
    if (this.#abort.signal.aborted) return;
    const { client, token, clock, logger } = this.#options;
    // Signals with a time limit of their own that are combined twice are never collected (Node.js 24).
    const late = new AbortController();
    const cancel = clock.schedule(requestTimeout, () => late.abort());
    const signal = AbortSignal.any([this.#abort.signal, late.signal]);
    try {
      const authorization = token && { authorization: `Bearer ${token.current()}` };
      const headers = { 'content-type': 'application/json', ...authorization };
      const { status } = await client.request({ method: 'POST', url, headers, body, signal });
      if (status !== 200)
        logger.info({ receiver: hostOf(url), status }, 'A subscriber to recorders refused a message.');
    } catch (err) {
      logger.info({ err, receiver: hostOf(url) }, 'A subscriber to recorders could not be reached.');
    } finally {
      cancel();
    }
  }
}

/** What the log shows of a subscriber: its path may be a secret. */
function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host;
}
