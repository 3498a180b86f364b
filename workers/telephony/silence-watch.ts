import type { MediaClock } from '../../src/media/media-clock.ts';

/** Notices that nothing comes for too long, once until something does. */
export class SilenceWatch {
  readonly #clock: MediaClock;
  readonly #timeout: number;
  readonly #onSilent: () => void;
  #heardAt = 0;
  #cancel: (() => void) | undefined;
  #watching = false;

  /** @param timeout in ms. It does not watch yet. */
  constructor(clock: MediaClock, timeout: number, onSilent: () => void) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#onSilent = onSilent;
  }

  /** Something has come. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
    if (this.#watching && !this.#cancel) this.#wait(this.#timeout);
  }

  /** Whether something should come. The time runs from when it begins to. */
  watch(watching: boolean): void {
    if (watching === this.#watching) return;
    this.#watching = watching;
    this.#cancel?.();
    this.#cancel = undefined;
    if (watching) this.heard();
  }

  #wait(duration: number): void {
    // one timer for many packets
    this.#cancel = this.#clock.schedule(duration, () => {
      this.#cancel = undefined;
      const left = this.#heardAt + this.#timeout - this.#clock.monotonic();
      if (left > 0) this.#wait(left);
      else this.#onSilent();
    });
  }
}
