import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';

/** Remaining delay that is not waited for, in ms: times in seconds have rounding errors. */
const tolerance = 0.01;

/** Paces the tracks of a file by one clock, so that none drifts. Playing starts when it is created. */
export class Pacer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #origin: number;
  /** When playing started, in ms since the Unix epoch. */
  readonly #startedAt: number;
  /** From the monotonic time to that of day, as of the start, in ms. */
  readonly #offset: number;

  /** @param origin the earliest time in the file, in seconds @param signal ends all waiting */
  constructor(clock: Clock, origin: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#origin = origin;
    this.#startedAt = clock.now();
    this.#offset = this.#startedAt - clock.monotonic();
  }

  /** The instant of a time in the file, in ms since the Unix epoch. */
  instantOf(time: number): number {
    return this.#startedAt + (time - this.#origin) * 1000;
  }

  /** Waits until the instant of a time in the file. @returns false when playing was stopped */
  async until(time: number): Promise<boolean> {
    const instant = this.instantOf(time);
    while (!this.#signal.aborted) {
      const delay = instant - this.#offset - this.#clock.monotonic() - tolerance;
      if (delay <= 0) return true;
      await pause(this.#clock, Math.ceil(delay), this.#signal);
    }
    return false;
  }
}
