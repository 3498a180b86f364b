/** Seconds that a stall adds at least, and that all of them add at most. */
const [minStep, maxMargin] = [0.1, 2];
/** Milliseconds without a stall after which the margin decreases again. Each stall soon after another doubles them. */
const [minCalm, maxCalm] = [5000, 160_000];
/** That time as it is after three stalls soon after one another. */
const exhaustedCalm = 4 * minCalm;
/** Milliseconds after that time in which another stall counts as one that came soon. */
const memory = 60_000;
/** Seconds per second by which the margin decreases. */
const descent = 0.1;

/**
 * How much further from the end of a live stream a player stays than the stream permits, for its network or its machine is not steady
 * enough. A stall sets it to where the stall has left the player: what comes as late the next time is waited for.
 */
export class LiveMargin {
  #seconds = 0;
  #stalledAt = Number.NEGATIVE_INFINITY;
  /** Whether it is not known yet where the last stall has left the player. */
  #stalled = false;
  #calm = minCalm;
  #lookedAt: number | undefined;

  /** @param now in ms */
  stall(now: number): void {
    const soon = now - this.#stalledAt < this.#calm + memory;
    this.#calm = soon ? Math.min(2 * this.#calm, maxCalm) : minCalm;
    this.#stalledAt = now;
    this.#stalled = true;
  }

  /** Whether it does not help: it is at its maximum, and stalls go on. */
  get isExhausted(): boolean {
    return this.#seconds === maxMargin && this.#calm >= exhaustedCalm;
  }

  /** Whether nothing has stalled for long enough. @param now in ms */
  isCalm(now: number): boolean {
    return now - this.#stalledAt >= this.#calm;
  }

  /**
   * Call it a few times per second.
   * @param now in ms @param playing whether there is something to play @param behind the place that the stream permits, in seconds
   * @returns seconds
   */
  look(now: number, playing: boolean, behind: number): number {
    const passed = now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    if (this.#stalled && playing) {
      this.#stalled = false;
      this.#seconds = Math.min(Math.max(behind, this.#seconds + minStep), maxMargin);
    } else if (this.isCalm(now)) this.#seconds = Math.max(0, this.#seconds - (descent * passed) / 1000);
    return this.#seconds;
  }
}
