import type { Clock } from '../../clock/clock.ts';

/** Remaining delay that is not waited for, in ms: times in seconds have rounding errors. */
const tolerance = 0.01;

/** Paces the tracks of a file by one clock, so that none drifts. */
export class Pacer {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  /** When playing started, in ms since the Unix epoch. */
  #startedAt: number | undefined;
  /** Time in the file at which playing started, in seconds. */
  #origin = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts now. @param origin the earliest time in the file, in seconds */
  start(origin: number): void {
    this.#startedAt = this.#clock.now();
    this.#origin = origin;
  }

  /** The instant of a time in the file, in ms since the Unix epoch. */
  instantOf(time: number): number {
    return (this.#startedAt ?? this.#clock.now()) + (time - this.#origin) * 1000;
  }

  /** Waits until the instant of a time in the file. @returns false when the pacer was closed */
  async until(time: number): Promise<boolean> {
    const instant = this.instantOf(time);
    while (!this.#closed) {
      const delay = instant - this.#clock.now() - tolerance;
      if (delay <= 0) return true;
      await this.#sleep(Math.ceil(delay));
    }
    return false;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    for (const wake of this.#waiting) wake();
  }

  #sleep(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const cancel = this.#clock.schedule(delay, wake);
      this.#waiting.add(wake);
    });
  }
}
