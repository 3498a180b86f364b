import type { Clock } from './clock.ts';

/** Does the same work every so many ms, until it is closed. While the work takes longer than that, it is not started a second time. */
export class Interval {
  readonly #clock: Clock;
  readonly #length: number;
  readonly #work: () => Promise<void> | void;
  #running: Promise<void> | undefined;
  #cancel: () => void = () => undefined;

  /** @param length in ms, which pass before the first time, too @param work must not fail */
  constructor(clock: Clock, length: number, work: () => Promise<void> | void) {
    this.#clock = clock;
    this.#length = length;
    this.#work = work;
    this.#schedule();
  }

  /** Waits for running work. Idempotent. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#running;
  }

  #schedule(): void {
    this.#cancel = this.#clock.schedule(this.#length, () => {
      this.#schedule();
      if (this.#running) return;
      const running = this.#work();
      if (running) this.#running = running.finally(() => (this.#running = undefined));
    });
  }
}
