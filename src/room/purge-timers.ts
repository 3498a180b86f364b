import type { Clock } from '../clock/clock.ts';

/** Named timers. Starting one that runs restarts it. */
export class PurgeTimers {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param seconds `null`: the timer is switched off */
  start(name: string, seconds: number | null, task: () => void): void {
    this.stop(name);
    if (seconds === null) return;
    const cancel = this.#clock.schedule(seconds * 1000, () => {
      this.#cancels.delete(name);
      task();
    });
    this.#cancels.set(name, cancel);
  }

  stop(name: string): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  close(): void {
    for (const name of [...this.#cancels.keys()]) this.stop(name);
  }
}
