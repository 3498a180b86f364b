import type { Timing } from './frame.ts';

/**
 * The times of pictures, given in the order of decoding and taken in the order of showing. A decoder gives a picture out only when it has
 * all that are shown before it, so the earliest time that is known belongs to it.
 */
export class ShowingOrder {
  /** Latest first. */
  readonly #timings: Timing[] = [];

  add(timing: Timing): void {
    // What comes is nearly always the latest, or a few places before it.
    let place = 0;
    while (place < this.#timings.length && (this.#timings[place] as Timing).time > timing.time) place += 1;
    this.#timings.splice(place, 0, timing);
  }

  /** @returns undefined when more are taken than were given */
  next(): Timing | undefined {
    return this.#timings.pop();
  }
}
