/** The time that packets are to be early, in ms: at first, at most, and the step in which it changes. */
const early = { least: 20, most: 100, step: 10 };
/** Time without a late packet after which it is reduced, in ms. */
const calm = 10_000;
/** A packet that is early by less than this is nearly late, in ms. */
const scarce = 5;
/** What packets may be early beyond the wanted time, in ms: a tick, and some more so that it does not change all the time. */
const tolerance = 25;
/** Windows in which the least time is measured, and their duration in ms. */
const windows = 5;
const windowTime = 60;

/**
 * How long a track is held back, so that its packets arrive before they are needed. Judged by how early they are: that is a matter of
 * the network and of the clocks, not of the duration of packets.
 */
export class PlayoutDelay {
  #wanted = early.least;
  #calmSince = 0;
  /** The least time of each window; infinite: no packet. */
  readonly #least: number[] = Array.from({ length: windows }, () => Number.POSITIVE_INFINITY);
  #windowEnd = 0;
  #full = 0;

  /** Time that packets are to be early, in ms: 20 to 100. */
  get wanted(): number {
    return this.#wanted;
  }

  /** A packet came too late. */
  late(at: number): void {
    this.#calmSince = at;
    this.#wanted = Math.min(this.#wanted + early.step, early.most);
  }

  /**
   * Counts a packet in time. @param margin how much earlier than needed it came, in ms
   * @returns whether the track is to be held back a little more: the next packet may be late
   */
  arrived(margin: number, at: number): boolean {
    this.#least[windows - 1] = Math.min(this.#least[windows - 1] ?? margin, margin);
    if (margin >= scarce) return false;
    this.late(at);
    return true;
  }

  /** To be called every tick. @returns whether the track has been held back too long, and is to be held back less */
  excessive(at: number): boolean {
    if (at - this.#calmSince >= calm) {
      this.#calmSince = at;
      this.#wanted = Math.max(this.#wanted - early.step, early.least);
    }
    if (at < this.#windowEnd) return false;
    this.#windowEnd = at + windowTime;
    const least = Math.min(...this.#least);
    this.#least.shift();
    this.#least.push(Number.POSITIVE_INFINITY);
    this.#full = Math.min(this.#full + 1, windows);
    return this.#full === windows && Number.isFinite(least) && least > this.#wanted + tolerance;
  }

  /** The track starts again, or is held back less or more than before. */
  restart(): void {
    this.#least.fill(Number.POSITIVE_INFINITY);
    this.#full = 0;
  }
}
