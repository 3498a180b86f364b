import { randomInt } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';

const prefixes = 100;

/**
 * Numbers of conferences: one or two random digits and the Unix time of creation (docs/contracts/jitsi-admin.md 1). A second has a hundred of
 * them; those of a second in which more are created have the time of later seconds.
 */
export class ConferenceNumbers {
  readonly #clock: Pick<Clock, 'now'>;
  #second = 0;
  readonly #left: number[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @param refused how many of the last ones are those of other conferences, say of an earlier process: it skips seconds, ever more */
  next(refused = 0): string {
    const skipped = refused === 0 ? 0 : 2 ** (refused - 1);
    const second = Math.max(Math.floor(this.#clock.now() / 1000), this.#second + skipped);
    if (second !== this.#second) this.#begin(second);
    if (this.#left.length === 0) this.#begin(second + 1);
    const [prefix] = this.#left.splice(randomInt(this.#left.length), 1);
    return `${prefix}${this.#second}`;
  }

  #begin(second: number): void {
    this.#second = second;
    this.#left.splice(0, this.#left.length, ...Array.from({ length: prefixes }, (_, prefix) => prefix));
  }
}
