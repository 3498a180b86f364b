import type { Clock } from '../../src/clock/clock.ts';

/** Time over which the fastest way from capture to arrival is looked for, twice, in ms. */
const transitWindow = 15_000;
/** The most that the endpoint's clock is moved by against ours, in ms per ms: what was captured together stays together. */
const slew = 0.15;
/** Least and most time from the fastest arrival to the program, in ms. */
const minDelay = 60;
const maxDelay = 400;
/** What is added to the delay that a track needs, in ms. */
const margin = 10;
/** A delay that is too long by this much, in ms, for that long, is made shorter. */
const excess = 60;
const shrinkDelay = 10_000;
/** Arrivals that a track's lateness is judged by. */
const judged = 64;
const judgedAgainEvery = 4;

/**
 * The time of one endpoint: how its own clock lies to ours, and how long its media is held back so that the slower of its tracks is
 * there in time. Audio and video that were captured together have the same time here.
 */
export class EndpointClock {
  readonly #clock: Clock;
  #transit: number | undefined;
  #earlierTransit: number | undefined;
  #windowEnd = 0;
  /** What is told at present, and when it was last moved. */
  #told = 0;
  #movedAt: number | undefined;
  #delay = minDelay;
  readonly #needs = new Map<string, Lateness>();
  #excessSince: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Time from the fastest arrival to the program, in ms. */
  get delay(): number {
    return this.#delay;
  }

  /** @param capture on the endpoint's clock, `at` on ours, in ms. @returns what is to be added to the endpoint's clock to get ours */
  transit(capture: number, at: number): number {
    const transit = at - capture;
    if (this.#transit === undefined || at >= this.#windowEnd) {
      this.#earlierTransit = this.#transit;
      this.#transit = transit;
      this.#windowEnd = at + transitWindow;
    }
    this.#transit = Math.min(this.#transit, transit);
    return this.#follow(Math.min(this.#transit, this.#earlierTransit ?? this.#transit), at);
  }

  #follow(wanted: number, at: number): number {
    const most = this.#movedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(at - this.#movedAt, 0) * slew;
    this.#told += Math.min(Math.max(wanted - this.#told, -most), most);
    this.#movedAt = Math.max(at, this.#movedAt ?? at);
    return this.#told;
  }

  /** Media of a track could be shown or heard so many ms after its capture time on our clock. */
  note(trackId: string, lateness: number): void {
    let track = this.#needs.get(trackId);
    if (!track) {
      track = new Lateness();
      this.#needs.set(trackId, track);
    }
    if (track.note(lateness)) this.#adapt();
  }

  /** The track is gone. */
  forget(trackId: string): void {
    this.#needs.delete(trackId);
  }

  /** Longer at once, shorter only after a while: each change is a small break in the audio. */
  #adapt(): void {
    const most = Math.max(...[...this.#needs.values()].map(({ usual }) => usual));
    const needed = Math.min(Math.max(most + margin, minDelay), maxDelay);
    const now = this.#clock.now();
    if (needed > this.#delay) this.#delay = needed;
    if (needed > this.#delay - excess) {
      this.#excessSince = undefined;
      return;
    }
    this.#excessSince ??= now;
    if (now - this.#excessSince < shrinkDelay) return;
    this.#delay = needed;
    this.#excessSince = undefined;
  }
}

/** How late a track's media are at most, but for one or two in a hundred. */
class Lateness {
  readonly #recent = new Float64Array(judged);
  #count = 0;
  #usual = 0;

  get usual(): number {
    return this.#usual;
  }

  /** @returns whether {@link usual} was found anew */
  note(lateness: number): boolean {
    this.#recent[this.#count % judged] = lateness;
    this.#count += 1;
    if (this.#count % judgedAgainEvery !== 0) return false;
    const sorted = this.#recent.slice(0, Math.min(this.#count, judged)).sort();
    this.#usual = sorted[Math.floor(sorted.length * 0.98 - 0.5)] ?? 0;
    return true;
  }
}
