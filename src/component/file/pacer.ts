import type { Clock } from '../../clock/clock.ts';

/** Milliseconds that are no reason to go to sleep once more: times in seconds have no exact sum. */
const tolerance = 0.01;

/** The absolute time of one file: all its tracks wait by the same clock, so none drifts. */
export class Pacer {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  /** When the file began, in ms since the Unix epoch. */
  #startedAt: number | undefined;
  /** Time in the file with which it began, in seconds. */
  #origin = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins now. @param origin the earliest time in the file, in seconds */
  start(origin: number): void {
    this.#startedAt = this.#clock.now();
    this.#origin = origin;
  }

  /** The instant that belongs to a time in the file, in ms since the Unix epoch. */
  instantOf(time: number): number {
    return (this.#startedAt ?? this.#clock.now()) + (time - this.#origin) * 1000;
  }

  /** Waits until it is time. @returns false when the pacer is closed instead */
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
