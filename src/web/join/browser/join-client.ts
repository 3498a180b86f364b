import type { JoinReply, JoinState } from '../../../api/scheduling/join-reply.ts';

/** How long a response is waited for, in ms. */
const timeout = 15_000;

/** Who asks: by a personal link, or by an e-mail address. */
export interface Identity {
  readonly data?: string;
  readonly sig?: string;
  readonly email?: string;
  /** Conference number, where the address of the page does not say which conference it is. */
  readonly number?: string;
}

/** The server does not respond, or not with what this page understands. */
export class ServerAwayError extends Error {
  override readonly name = 'ServerAwayError';
}

/** Asks the server at the address of this page. */
export class JoinClient {
  readonly #address = location.pathname.replace(/\/+$/, '');
  /** Time of day of the server, less the clock of this page, in ms. */
  #offset = performance.timeOrigin;

  /** Time of day by the server's clock, in ms since the Unix epoch. */
  now(): number {
    return performance.now() + this.#offset;
  }

  /** Looks, without joining. @throws ServerAwayError */
  state(identity: Identity): Promise<JoinState> {
    return this.#ask('/state', { ...identity });
  }

  /** The visitor's earlier peer of this browser gives way. @throws ServerAwayError */
  join(identity: Identity, name: string): Promise<JoinReply> {
    return this.#ask('', { ...identity, name });
  }

  async #ask<Reply extends JoinReply | JoinState>(path: string, fields: Record<string, string>): Promise<Reply> {
    const response = await fetch(this.#address + path, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(timeout),
    }).catch((cause: unknown) => {
      throw new ServerAwayError('The server does not respond.', { cause });
    });
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) this.#offset = date - performance.now();
    const reply: Reply | undefined = await response.json().catch(() => undefined);
    if (typeof reply?.error !== 'boolean' || (reply.error && reply.reason === 'unavailable'))
      throw new ServerAwayError(`The server responded with status ${response.status}.`);
    return reply;
  }
}
