/** Seconds behind its target at which a player begins to play faster, and at which it stops that. */
const [start, stop] = [0.1, 0.02];
/** Time, in seconds, in which a player would reach its target if it kept its first speed; and the maximum speed. */
const [duration, maxRate] = [3, 1.5];
/** Speeds are multiples of this, in percent: some browsers are heard when the speed changes often. */
const step = 5;
/** By how much more a player that plays faster has to become faster: what is less is inaccuracy. */
const minRise = 0.07;
/** Milliseconds for which more than the minimum has to be buffered before a player plays faster. */
const minPlentyTime = 2000;

/** How fast a player plays to come back to its target: the nearer, the slower, 5 to 20 % faster within the last half second. */
export class CatchUpRate {
  #rate = 1;
  #scarceAt = Number.NEGATIVE_INFINITY;

  get rate(): number {
    return this.#rate;
  }

  /**
   * Call it a few times per second.
   * @param now in ms @param behind the target, in seconds @param isScarce whether so little is buffered that playing faster would end in a stall
   * @param limit speed at which media is loaded
   */
  look(now: number, behind: number, isScarce: boolean, limit = maxRate): number {
    if (isScarce) this.#scarceAt = now;
    const isPlenty = now - this.#scarceAt >= minPlentyTime;
    const isBehind = behind > (this.#rate > 1 ? stop : start);
    const faster = Math.ceil((100 * behind) / duration / step) * step;
    const rate = Math.min((100 + faster) / 100, maxRate, (Math.floor((100 * limit) / step) * step) / 100);
    if (!isPlenty || !isBehind) this.#rate = 1;
    else if (this.#rate === 1 || rate < this.#rate || rate > this.#rate + minRise) this.#rate = Math.max(1, rate);
    return this.#rate;
  }
}
