import type { Clock } from '../../../clock/clock.ts';
import { sipTimers } from './timers.ts';

/** Does the same after T1, 2 T1, 4 T1 and so on, until it is closed. */
export class Retransmission {
  readonly #clock: Clock;
  readonly #repeat: () => void;
  readonly #maxInterval: number;
  #interval: number = sipTimers.first;
  #cancel: () => void = () => undefined;

  /** @param maxInterval in ms */
  constructor(clock: Clock, maxInterval: number, repeat: () => void) {
    this.#clock = clock;
    this.#maxInterval = maxInterval;
    this.#repeat = repeat;
    this.#schedule();
  }

  /** The interval is the longest one from the next repetition on: the other side has the request (RFC 3261 section 17.1.2.2). */
  slowDown(): void {
    this.#interval = this.#maxInterval;
  }

  /** Idempotent. */
  close(): void {
    this.#cancel();
  }

  #schedule(): void {
    this.#cancel = this.#clock.schedule(this.#interval, () => {
      this.#interval = Math.min(this.#interval * 2, this.#maxInterval);
      this.#schedule();
      this.#repeat();
    });
  }
}
