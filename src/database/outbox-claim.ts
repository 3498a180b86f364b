import type { Clock } from '../clock/clock.ts';
import { Interval } from '../clock/interval.ts';
import { claimTime } from './outbox-rows.ts';

/** A message in the hands of this server, for as long as it says so. */
export class OutboxClaim {
  readonly #clock: Clock;
  readonly #onLapse: () => void;
  readonly #renewal: Interval;
  #cancel: () => void = () => undefined;

  /** @param renew its result: whether it still is @param onLapse called before another server may take the message */
  constructor(clock: Clock, renew: () => Promise<boolean>, onLapse: () => void) {
    this.#clock = clock;
    this.#onLapse = onLapse;
    this.#extend();
    this.#renewal = new Interval(clock, claimTime / 3, async () => {
      await renew().then(
        (isHeld) => isHeld && this.#extend(),
        // The database is away.
        () => undefined,
      );
    });
  }

  /** Waits for a renewal that goes on. Idempotent. */
  async close(): Promise<void> {
    await this.#renewal.close();
    this.#cancel();
  }

  #extend(): void {
    this.#cancel();
    this.#cancel = this.#clock.schedule((claimTime * 4) / 5, this.#onLapse);
  }
}
