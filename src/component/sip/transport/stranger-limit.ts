import type { Clock } from '../../../clock/clock.ts';

/** Answers per second to requests of strangers, and how many may come at once. A scanner sends thousands. */
const defaults = { rate: 20, burst: 40 };

/** A token bucket: how many requests of strangers are answered. What is beyond it is dropped without an answer. */
export class StrangerLimit {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filled: number;
  #dropped = 0;

  /** @param given rate: per second */
  constructor(clock: Clock, given: { readonly rate?: number; readonly burst?: number } = {}) {
    this.#clock = clock;
    this.#rate = given.rate ?? defaults.rate;
    this.#burst = given.burst ?? defaults.burst;
    this.#tokens = this.#burst;
    this.#filled = clock.monotonic();
  }

  /** Number of requests that were not admitted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether one more request may be answered. */
  admits(): boolean {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) / 1000) * this.#rate);
    this.#filled = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.#dropped += 1;
    return false;
  }
}
