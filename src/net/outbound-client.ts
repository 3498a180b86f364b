import { Agent } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { guardedConnector } from './guarded-connector.ts';
import type { Resolve } from './guarded-lookup.ts';
import { OutboundError, type OutboundErrorCode } from './outbound-error.ts';
import { type OutboundTarget, parseTarget } from './outbound-target.ts';
import { type BoundedBody, readBounded } from './read-bounded.ts';

export interface OutboundClientOptions {
  readonly guard: AddressGuard;
  /** Name resolution and connecting together, in ms. */
  readonly connectTimeout?: number;
  /** From the request sent to the head of the answer, and again from there to the end of its body, in ms. */
  readonly answerTimeout?: number;
  /** How much of an answer's body is read, in bytes. */
  readonly maxBodyBytes?: number;
  /** Connections to one origin at a time, idle ones included. */
  readonly connectionsPerOrigin?: number;
  /** @defaultValue the system's resolver */
  readonly resolve?: Resolve;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** http or https; its user part is sent as Basic credentials. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  /** Redirects are answers too: they are not followed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: BoundedBody;
}

/** How long an unused connection is kept when the receiver asks for more, in ms. */
const longestKeepAlive = 30_000;

/** The only way out over HTTP: guarded addresses, no redirects, bounded time and size. */
export class OutboundClient {
  readonly #agent: Agent;
  readonly #answerTimeout: number;
  readonly #maxBodyBytes: number;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<OutboundAnswer>>();
  #closing: Promise<void> | undefined;

  constructor(options: OutboundClientOptions) {
    this.#answerTimeout = options.answerTimeout ?? 5000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024;
    this.#agent = new Agent({
      connect: guardedConnector(options.guard, options.connectTimeout ?? 8000, options.resolve),
      connections: options.connectionsPerOrigin ?? 128,
      headersTimeout: this.#answerTimeout,
      bodyTimeout: this.#answerTimeout,
      keepAliveMaxTimeout: longestKeepAlive,
    });
  }

  /** @throws OutboundError */
  async request(request: OutboundRequest): Promise<OutboundAnswer> {
    const target = parseTarget(request.url);
    if (this.#closing) throw new OutboundError('aborted', target);
    const signal = AbortSignal.any([this.#stop.signal, ...(request.signal ? [request.signal] : [])]);
    const exchange = this.#exchange(target, request, signal);
    this.#running.add(exchange);
    try {
      return await exchange;
    } catch (error) {
      throw toOutboundError(error, target.host, signal.aborted);
    } finally {
      this.#running.delete(exchange);
    }
  }

  /** Gives up what is under way and closes every connection. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #exchange(target: OutboundTarget, request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const answer = await this.#agent.request({
      origin: target.origin,
      path: target.path,
      method: request.method,
      headers: { 'user-agent': 'Shoal', ...target.authorization, ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const body = await readBounded(answer.body, this.#maxBodyBytes, this.#answerTimeout);
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  /** The agent forgets pools that it closes by itself while a request is under way in them, hence the signal. */
  async #close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
    await this.#agent.destroy();
  }
}

const codes: Readonly<Record<string, OutboundErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeout',
  UND_ERR_HEADERS_TIMEOUT: 'answerTimeout',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
};

function toOutboundError(error: unknown, host: string, aborted: boolean): OutboundError {
  if (error instanceof OutboundError) return error;
  if (aborted) return new OutboundError('aborted', { host });
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new OutboundError(codes[reason] ?? 'unreachable', { host, reason });
}
