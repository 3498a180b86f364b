import { isIPv6 } from 'node:net';
import type { Clock } from '../clock/clock.ts';

/** Addresses that are counted at the same time. */
const maxAddresses = 10_000;

export interface AttemptLimitOptions {
  /** Attempts of an address in a period. */
  readonly limit: number;
  /** In ms. */
  readonly period: number;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * Counts the attempts of addresses. Of guesses only those that fail are to be counted, and only who may be guessing is to be refused: many
 * people have the same address.
 */
export class AttemptLimit {
  readonly #options: AttemptLimitOptions;
  readonly #counts = new Map<string, number>();
  #began: number;

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
    this.#began = options.clock.monotonic();
  }

  /** Counts an attempt. */
  count(address: string): void {
    this.#renew();
    const network = networkOf(address);
    const count = this.#counts.get(network);
    // Whoever has that many addresses cannot be limited by them.
    if (count === undefined && this.#counts.size >= maxAddresses) return;
    this.#counts.set(network, (count ?? 0) + 1);
  }

  /** Seconds that an address has to wait, at least 1; 0: it may try. */
  wait(address: string): number {
    this.#renew();
    const { limit, period, clock } = this.#options;
    if ((this.#counts.get(networkOf(address)) ?? 0) < limit) return 0;
    return Math.max(1, Math.ceil((this.#began + period - clock.monotonic()) / 1000));
  }

  #renew(): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#began < this.#options.period) return;
    this.#began = now;
    this.#counts.clear();
  }
}

/** An IPv6 address can be any of its network of 64 bits. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [before = '', after = ''] = address.replace(/%.*$/, '').split('::', 2);
  const start = before.split(':');
  const missing = 8 - start.length - (after === '' ? 0 : after.split(':').length);
  const zeros = Array<string>(Math.max(0, missing)).fill('0');
  return [...start, ...(address.includes('::') ? zeros : [])].slice(0, 4).join(':');
}
