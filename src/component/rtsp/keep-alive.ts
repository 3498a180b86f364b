import type { Clock } from '../../clock/clock.ts';

export type KeepAliveMethod = 'GET_PARAMETER' | 'OPTIONS';

export interface KeepAliveOptions {
  readonly clock: Clock;
  /** In ms. */
  readonly interval: number;
  /** The first method; OPTIONS takes its place when the server refuses it or does not respond. */
  readonly method: KeepAliveMethod;
  /** Sends a request. Resolves with the status of the response; rejects when there is none. */
  readonly send: (method: KeepAliveMethod) => Promise<number>;
  /** Called when the server does not know the session any more. */
  readonly onForgotten: () => void;
}

/** Sends keep-alive requests. A response that is missing or an error ends nothing: only media shows whether a session lives. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #method: KeepAliveMethod;
  /** Number of requests without a response so far. */
  #pending = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#method = options.method;
    this.#schedule();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(): void {
    const { clock, interval } = this.#options;
    this.#cancel = clock.schedule(interval, () => {
      if (this.#pending > 0) this.#method = 'OPTIONS';
      void this.#request();
      this.#schedule();
    });
  }

  async #request(): Promise<void> {
    const method = this.#method;
    this.#pending += 1;
    const status = await this.#options.send(method).catch(() => undefined);
    this.#pending -= 1;
    if (this.#closed || (status !== undefined && status < 300)) return;
    if (status === 454) this.#options.onForgotten();
    // a server without a response gets OPTIONS with the next one
    const refused = status !== undefined && method !== 'OPTIONS';
    this.#method = 'OPTIONS';
    if (refused && !this.#closed) await this.#request();
  }
}
