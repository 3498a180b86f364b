import { type Clock, systemClock } from '../../src/clock/clock.ts';

interface Timer {
  readonly delay: number;
  readonly task: () => void;
}

/** The clock of the system, which stands still until a test has made everything ready. */
export class StoppedClock implements Clock {
  readonly #stoppedAt = systemClock.now();
  /** How much it is slow, in ms. */
  #behind: number | undefined;
  readonly #waiting = new Map<Timer, (() => void) | undefined>();

  now(): number {
    return this.#behind === undefined ? this.#stoppedAt : systemClock.now() - this.#behind;
  }

  monotonic(): number {
    return this.now();
  }

  schedule(delay: number, task: () => void): () => void {
    if (this.#behind !== undefined) return systemClock.schedule(delay, task);
    const timer = { delay, task };
    this.#waiting.set(timer, undefined);
    return () => {
      this.#waiting.get(timer)?.();
      this.#waiting.delete(timer);
    };
  }

  /** Idempotent. */
  start(): void {
    if (this.#behind !== undefined) return;
    this.#behind = systemClock.now() - this.#stoppedAt;
    for (const timer of this.#waiting.keys()) this.#waiting.set(timer, systemClock.schedule(timer.delay, timer.task));
  }
}
