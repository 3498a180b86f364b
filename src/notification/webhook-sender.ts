import PQueue from 'p-queue';
import type { Secret } from '../config/secret.ts';
import type { OutboundAnswer, OutboundClient } from '../net/outbound-client.ts';
import { OutboundError, type OutboundErrorCode } from '../net/outbound-error.ts';
import { webhookSignature } from './webhook-signature.ts';

/** What became of one request. `failed` may go better later; `rejected` never will. */
export type DeliveryResult =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'rejected'; readonly cause: string }
  | { readonly outcome: 'failed'; readonly cause: string; readonly retryAfter?: string };

export interface WebhookSenderOptions {
  readonly client: OutboundClient;
  /** Signs every body when given. */
  readonly secret?: Secret;
  /** Requests at a time to receivers that answer. */
  readonly concurrency?: number;
  /** Requests at a time to receivers whose last answer failed, in a lane of their own: they take long and get nowhere. */
  readonly failingConcurrency?: number;
}

const passing: ReadonlySet<OutboundErrorCode> = new Set(['connectTimeout', 'answerTimeout', 'unreachable']);

/** Sends single webhook requests, as many at a time as the server can bear. fishjam-sockets 6. */
export class WebhookSender {
  readonly #client: OutboundClient;
  readonly #secret: Secret | undefined;
  readonly #lane: PQueue;
  readonly #failingLane: PQueue;

  constructor(options: WebhookSenderOptions) {
    this.#client = options.client;
    this.#secret = options.secret;
    this.#lane = new PQueue({ concurrency: options.concurrency ?? 512 });
    this.#failingLane = new PQueue({ concurrency: options.failingConcurrency ?? 64 });
  }

  /** Runs `delivery` as soon as there is room for it. */
  schedule<T>(isFailing: boolean, delivery: () => Promise<T>): Promise<T> {
    return (isFailing ? this.#failingLane : this.#lane).add(delivery);
  }

  /** Never rejects. */
  async send(url: string, body: Uint8Array, signal: AbortSignal): Promise<DeliveryResult> {
    const signature = this.#secret ? webhookSignature(this.#secret, body) : {};
    const headers = { 'Content-Type': 'application/x-protobuf', ...signature };
    try {
      return judge(await this.#client.request({ method: 'POST', url, headers, body, signal }));
    } catch (error) {
      if (!(error instanceof OutboundError)) return { outcome: 'rejected', cause: String(error) };
      return { outcome: passing.has(error.code) ? 'failed' : 'rejected', cause: error.message };
    }
  }
}

function judge({ status, headers }: OutboundAnswer): DeliveryResult {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const cause = `HTTP status ${status}`;
  if (status !== 429 && status < 500) return { outcome: 'rejected', cause };
  const { 'retry-after': retryAfter } = headers;
  return { outcome: 'failed', cause, ...(typeof retryAfter === 'string' && { retryAfter }) };
}
