import type { Timing } from './frame.ts';

/**
 * The times of frames, added in decoding order and taken in presentation order. A decoder outputs a frame only when it has all frames that
 * precede it in presentation order, so the earliest known time belongs to it.
 */
export class PresentationOrder {
  /** Latest first. */
  readonly #timings: Timing[] = [];

  add(timing: Timing): void {
    // A new time is nearly always the latest, or a few places before it.
    let place = 0;
    while (place < this.#timings.length && (this.#timings[place] as Timing).time > timing.time) place += 1;
    this.#timings.splice(place, 0, timing);
  }

  /** Takes the earliest time. @returns undefined when there is none */
  next(): Timing | undefined {
    return this.#timings.pop();
  }
}
