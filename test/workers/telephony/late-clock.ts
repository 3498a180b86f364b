import type { Clock } from '../../../src/clock/clock.ts';

/** A clock whose timers run when the test says so, however late. */
export class LateClock implements Clock {
  time = 0;
  #task: (() => void) | undefined;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  schedule(_delay: number, task: () => void): () => void {
    this.#task = task;
    return () => {
      if (this.#task === task) this.#task = undefined;
    };
  }

  /** Whether a timer is waiting. */
  get pending(): boolean {
    return this.#task !== undefined;
  }

  /** Runs the timer at this time, if there is one. */
  runAt(time: number): void {
    this.time = time;
    const task = this.#task;
    this.#task = undefined;
    task?.();
  }
}
