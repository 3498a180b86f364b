import type { MediaClock } from './media-clock.ts';

export interface KeyframeRequestsOptions {
  readonly clock: MediaClock;
  /** Requests one from the sender. */
  readonly ask: () => void;
  /** Minimum time between two requests to the sender, which are repeated until a keyframe comes, in ms. */
  readonly interval: number;
  /** How long the sender has to send one, in ms. */
  readonly timeout: number;
  /** No keyframe came in time. Requests continue at a longer interval until {@link KeyframeRequests.satisfy} is called. */
  readonly onTimeout: () => void;
  /** Minimum time between two timeouts, in ms. */
  readonly timeoutInterval?: number;
}

/** Time between two requests to a sender that did not respond, in ms. */
const rareInterval = 5000;

/** Requests a keyframe until one comes. */
export class KeyframeRequests {
  readonly #options: KeyframeRequestsOptions;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timedOutAt = Number.NEGATIVE_INFINITY;
  #timedOut = false;
  #cancelAsk: (() => void) | undefined;
  #cancelTimeout: (() => void) | undefined;
  #closed = false;

  constructor(options: KeyframeRequestsOptions) {
    this.#options = options;
  }

  /** Requests a keyframe. May be called repeatedly. */
  need(): void {
    if (this.#cancelAsk || this.#closed) return;
    const { clock, interval, timeout, timeoutInterval = 0 } = this.#options;
    const now = clock.monotonic();
    const wait = Math.max(timeout, this.#timedOutAt + timeoutInterval - now);
    this.#cancelTimeout = clock.schedule(wait, () => this.#timeOut());
    const due = this.#askedAt + interval - now;
    if (due > 0) this.#cancelAsk = clock.schedule(due, () => this.#ask());
    else this.#ask();
  }

  /** To be called when a keyframe has come. */
  satisfy(): void {
    this.#cancelAsk?.();
    this.#cancelTimeout?.();
    this.#cancelAsk = undefined;
    this.#cancelTimeout = undefined;
    this.#timedOut = false;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.satisfy();
  }

  #ask(): void {
    const { clock, interval, ask } = this.#options;
    this.#askedAt = clock.monotonic();
    this.#cancelAsk = clock.schedule(this.#timedOut ? rareInterval : interval, () => this.#ask());
    ask();
  }

  #timeOut(): void {
    this.#timedOutAt = this.#options.clock.monotonic();
    this.#timedOut = true;
    this.#cancelTimeout = undefined;
    this.#options.onTimeout();
  }
}
