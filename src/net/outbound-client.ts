import { Agent, buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { basicAuthorization, credentialsOf } from './credentials.ts';
import { OutboundError, type OutboundErrorCode } from './outbound-error.ts';
import { type BoundedBody, readBounded } from './read-bounded.ts';

export interface OutboundClientOptions {
  readonly guard: AddressGuard;
  /** For name resolution and connecting together, in ms. Default 8000. */
  readonly connectTimeout?: number;
  /** From the end of the request to the response headers, and again from there to the end of the body, in ms. Default 5000. */
  readonly responseTimeout?: number;
  /** Maximum length that is read of a response body, in bytes. Default 64 KiB. */
  readonly maxBodyBytes?: number;
  /** Maximum number of connections to one origin, idle ones included. Default 128. */
  readonly connectionsPerOrigin?: number;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** http or https; its user part is sent as Basic credentials. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

export interface OutboundResponse {
  /** Redirects are not followed: their status is returned. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: BoundedBody;
}

/** How the requests are recognized. */
export const userAgent = 'Shoal';

/** Maximum time that an idle connection is kept, whatever the receiver asks for, in ms. */
const maxKeepAlive = 30_000;

/** The HTTP client for all outgoing requests: guarded addresses, no redirects, bounded time and size. */
export class OutboundClient {
  readonly #agent: Agent;
  readonly #responseTimeout: number;
  readonly #maxBodyBytes: number;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<OutboundResponse>>();
  #closing: Promise<void> | undefined;

  constructor(options: OutboundClientOptions) {
    this.#responseTimeout = options.responseTimeout ?? 5000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 64 * 1024;
    this.#agent = new Agent({
      connect: connector(options.guard, options.connectTimeout ?? 8000),
      connections: options.connectionsPerOrigin ?? 128,
      headersTimeout: this.#responseTimeout,
      bodyTimeout: this.#responseTimeout,
      keepAliveMaxTimeout: maxKeepAlive,
    });
  }

  /** @throws OutboundError */
  async request(request: OutboundRequest): Promise<OutboundResponse> {
    const url = parseUrl(request.url);
    if (this.#closing) throw new OutboundError('aborted', { host: url.host });
    const signal = AbortSignal.any([this.#stop.signal, ...(request.signal ? [request.signal] : [])]);
    const exchange = this.#exchange(url, request, signal);
    this.#running.add(exchange);
    try {
      return await exchange;
    } catch (error) {
      throw toOutboundError(error, url.host, signal.aborted);
    } finally {
      this.#running.delete(exchange);
    }
  }

  /** Aborts running requests and closes every connection. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #exchange(url: URL, request: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse> {
    const credentials = credentialsOf(url);
    const authorization = credentials && { authorization: basicAuthorization(credentials) };
    const response = await this.#agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: { 'user-agent': userAgent, ...authorization, ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const body = await readBounded(response.body, this.#maxBodyBytes, this.#responseTimeout);
    return { status: response.statusCode, headers: response.headers, body };
  }

  /** Running requests are aborted first: the agent does not await those in pools that it has closed by itself. */
  async #close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
    await this.#agent.destroy();
  }
}

/** @throws OutboundError invalidUrl, refusedScheme */
function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new OutboundError('invalidUrl');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new OutboundError('refusedScheme');
  return url;
}

/** Connects to permitted addresses only. @param timeout of lookup and connection together, in ms */
function connector(guard: AddressGuard, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: guard.lookup });
  return (target, callback) => {
    if (guard.permitsHost(target.hostname)) return connect(target, callback);
    callback(new OutboundError('refusedAddress', { host: target.hostname }), null);
  };
}

const codes: Readonly<Record<string, OutboundErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connectTimeout',
  UND_ERR_HEADERS_TIMEOUT: 'responseTimeout',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
};

function toOutboundError(error: unknown, host: string, aborted: boolean): OutboundError {
  if (error instanceof OutboundError) return error;
  if (aborted) return new OutboundError('aborted', { host });
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new OutboundError(codes[reason] ?? 'unreachable', { host, reason });
}
