import PQueue from 'p-queue';
import type { Secret } from '../config/secret.ts';
import { bodySignature } from '../net/body-signature.ts';
import type { OutboundClient, OutboundResponse } from '../net/outbound-client.ts';
import { OutboundError, type OutboundErrorCode } from '../net/outbound-error.ts';

/** The result of a request. `failed`: a retry may succeed; `rejected`: it will not. */
export type DeliveryResult =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'rejected'; readonly cause: string }
  | { readonly outcome: 'failed'; readonly cause: string; readonly retryAfter?: string };

export interface WebhookSenderOptions {
  readonly client: OutboundClient;
  /** Signs every body when given. */
  readonly secret?: Secret;
  /** Maximum number of concurrent requests to receivers that respond. Default 512. */
  readonly concurrency?: number;
  /** The same for receivers whose last delivery failed, in a queue of their own, as their requests may take long. Default 64. */
  readonly failingConcurrency?: number;
}

const retryable: ReadonlySet<OutboundErrorCode> = new Set(['connectTimeout', 'responseTimeout', 'unreachable']);

/** Sends single webhook requests with bounded concurrency. docs/contracts/fishjam-sockets.md 6. */
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

  /** Runs `delivery` as soon as the concurrency allows. */
  schedule<T>(isFailing: boolean, delivery: () => Promise<T>): Promise<T> {
    return (isFailing ? this.#failingLane : this.#lane).add(delivery);
  }

  /** Sends one request. Never rejects. */
  async send(url: string, body: Uint8Array, signal: AbortSignal): Promise<DeliveryResult> {
    const signature = this.#secret ? webhookSignature(this.#secret, body) : {};
    const headers = { 'Content-Type': 'application/x-protobuf', ...signature };
    try {
      return judge(await this.#client.request({ method: 'POST', url, headers, body, signal }));
    } catch (error) {
      if (!(error instanceof OutboundError)) return { outcome: 'rejected', cause: String(error) };
      return { outcome: retryable.has(error.code) ? 'failed' : 'rejected', cause: error.message };
    }
  }
}

/** The header with the body's HMAC-SHA256, by which a receiver verifies its origin and integrity. */
export function webhookSignature(secret: Secret, body: Uint8Array): Record<string, string> {
  return { 'x-fishjam-signature-256': bodySignature(secret, body) };
}

function judge({ status, headers }: OutboundResponse): DeliveryResult {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const cause = `HTTP status ${status}`;
  if (status !== 429 && status < 500) return { outcome: 'rejected', cause };
  const { 'retry-after': retryAfter } = headers;
  return { outcome: 'failed', cause, ...(typeof retryAfter === 'string' && { retryAfter }) };
}
