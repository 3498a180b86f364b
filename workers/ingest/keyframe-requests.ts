import type { Clock } from '../../src/clock/clock.ts';

/** Least time between two requests, and how long one is waited for, in ms. */
const interval = 500;
/** Requests in a row before the sender is taken for deaf. */
const mostTries = 10;
/** Time between two requests to a deaf sender, in ms. */
const longInterval = 5000;

/** Asks for a keyframe until one comes. */
export class KeyframeRequests {
  readonly #clock: Clock;
  readonly #ask: () => void;
  readonly #onDeaf: () => void;
  #lastAt = Number.NEGATIVE_INFINITY;
  #tries = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param onDeaf called after ten requests in vain */
  constructor(clock: Clock, ask: () => void, onDeaf: () => void) {
    this.#clock = clock;
    this.#ask = ask;
    this.#onDeaf = onDeaf;
  }

  /** A keyframe is needed. May be called as often as one likes. */
  need(): void {
    if (this.#cancel || this.#closed) return;
    this.#cancel = this.#clock.schedule(Math.max(this.#lastAt + interval - this.#clock.now(), 0), () => this.#try());
  }

  /** A keyframe came. */
  satisfy(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#tries = 0;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.satisfy();
  }

  #try(): void {
    this.#lastAt = this.#clock.now();
    this.#tries += 1;
    const next = this.#tries < mostTries ? interval : longInterval;
    this.#cancel = this.#clock.schedule(next, () => this.#try());
    this.#ask();
    if (this.#tries === mostTries) this.#onDeaf();
  }
}
