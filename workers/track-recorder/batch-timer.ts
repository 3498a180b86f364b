import type { Clock } from '../../src/clock/clock.ts';

/**
 * Maximum time that a block waits for others to be written with it, in ms. With the time that a missing packet is waited for, and a
 * frame, it stays below the 250 ms that a killed track recorder may cost.
 */
const batchTime = 80;

/** Runs what files have to write at the same time, so that one wake-up of the thread pool serves all of them. */
export class BatchTimer {
  readonly #clock: Clock;
  readonly #tasks = new Set<() => void>();
  #cancel: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a task once, at most 80 ms later, with all others that are added until then. */
  add(task: () => void): void {
    if (this.#tasks.size === 0) this.#cancel = this.#clock.schedule(batchTime, () => this.#run());
    this.#tasks.add(task);
  }

  /** Tasks that were not added are ignored. */
  remove(task: () => void): void {
    if (this.#tasks.delete(task) && this.#tasks.size === 0) this.#cancel();
  }

  #run(): void {
    const tasks = [...this.#tasks];
    this.#tasks.clear();
    for (const task of tasks) task();
  }
}
