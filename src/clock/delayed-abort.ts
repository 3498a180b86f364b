import type { Clock } from './clock.ts';

/** A signal that aborts `delay` ms after another one: what was begun has that long to end. */
export class DelayedAbort {
  readonly #controller = new AbortController();
  readonly #first: AbortSignal;
  readonly #onAbort: () => void;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, first: AbortSignal, delay: number) {
    this.#first = first;
    this.#onAbort = () => {
      this.#cancel = clock.schedule(delay, () => this.#controller.abort());
    };
    first.addEventListener('abort', this.#onAbort, { once: true });
    if (first.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Lets go of the first signal. Idempotent. */
  close(): void {
    this.#first.removeEventListener('abort', this.#onAbort);
    this.#cancel();
  }
}
