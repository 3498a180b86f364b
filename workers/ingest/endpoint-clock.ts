import type { Clock } from '../../src/clock/clock.ts';

/** Window over which the minimum time from capture to arrival is measured, in ms; two windows are kept. */
const transitWindow = 15_000;
/** Maximum rate at which the clock offset is corrected, in ms per ms. Both tracks move together, so they stay in sync. */
const slew = 0.15;
/** Minimum and maximum delay from the fastest arrival to the program, in ms. */
const minDelay = 60;
const maxDelay = 400;
/** Margin that is added to the delay that a track needs, in ms. */
const margin = 10;
/** A delay that exceeds the need by this much, for this time, is reduced; both in ms. */
const excess = 60;
const shrinkDelay = 10_000;
/** Number of arrivals from which a track's lateness is computed. */
const judged = 64;
const judgedAgainEvery = 4;

/**
 * The clock of an endpoint: its offset to our clock, and the delay of its media so that its slower track arrives in time. Audio and video
 * that were captured together have the same time.
 */
export class EndpointClock {
  readonly #clock: Clock;
  #transit: number | undefined;
  #earlierTransit: number | undefined;
  #windowEnd = 0;
  /** The current offset, and when it was last corrected. */
  #told = 0;
  #movedAt: number | undefined;
  #delay = minDelay;
  readonly #needs = new Map<string, Lateness>();
  #excessSince: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Delay from the fastest arrival to the program, in ms. */
  get delay(): number {
    return this.#delay;
  }

  /** Adds an arrival. @param capture on the endpoint's clock, in ms @param at on our clock, in ms @returns the offset from the endpoint's clock to ours */
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

  /** Adds the time in ms from capture, on our clock, until media of a track is ready for the program. */
  note(trackId: string, lateness: number): void {
    let track = this.#needs.get(trackId);
    if (!track) {
      track = new Lateness();
      this.#needs.set(trackId, track);
    }
    if (track.note(lateness)) this.#adapt();
  }

  /** To be called when the track has been removed. */
  forget(trackId: string): void {
    this.#needs.delete(trackId);
  }

  /** Increases the delay at once, but reduces it only after a while: each change is a small gap in the audio. */
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

/** The lateness of a track's media, except for the latest one or two percent. */
class Lateness {
  readonly #recent = new Float64Array(judged);
  #count = 0;
  #usual = 0;

  get usual(): number {
    return this.#usual;
  }

  /** @returns whether {@link usual} was computed again */
  note(lateness: number): boolean {
    this.#recent[this.#count % judged] = lateness;
    this.#count += 1;
    if (this.#count % judgedAgainEvery !== 0) return false;
    const sorted = this.#recent.slice(0, Math.min(this.#count, judged)).sort();
    this.#usual = sorted[Math.floor(sorted.length * 0.98 - 0.5)] ?? 0;
    return true;
  }
}
