import type { Clock } from '../clock/clock.ts';

const minute = 60_000;

/** Counts the orders of each account in the last minute. */
export class OrderRate {
  readonly #limit: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Times of orders by account, the oldest first. */
  readonly #times = new Map<string, number[]>();

  /** @param limit orders of an account in a minute; 0: any number */
  constructor(limit: number, clock: Pick<Clock, 'monotonic'>) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts an order. @returns 0, or the seconds after which the account may order again: that order does not count */
  count(account: string): number {
    if (this.#limit === 0) return 0;
    const now = this.#clock.monotonic();
    const times = (this.#times.get(account) ?? []).filter((time) => time > now - minute);
    const [oldest] = times;
    const isFull = oldest !== undefined && times.length >= this.#limit;
    if (!isFull) times.push(now);
    this.#times.set(account, times);
    return isFull ? Math.ceil((oldest + minute - now) / 1000) : 0;
  }
}
