import type { Clock } from './clock.ts';

/** A signal that aborts after `delay` ms. To be closed as soon as what it limits has ended. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #cancel: () => void;

  constructor(clock: Clock, delay: number) {
    this.#cancel = clock.schedule(delay, () => this.#controller.abort());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts it: what listens to a signal that was combined with it would be kept until then. Idempotent. */
  close(): void {
    this.#cancel();
    this.#controller.abort();
  }
}
