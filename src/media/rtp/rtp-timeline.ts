import type { MediaClock } from '../media-clock.ts';
import { timestampDistance } from './rtp-packet.ts';

/** A point at which a timestamp of the source corresponds to one of ours. */
interface Anchor {
  /** The source's timestamp, and its progress since, both in the source's ticks. */
  last: number;
  elapsed: number;
  /** Our timestamp at this point. */
  readonly base: number;
}

/** Steps of a source's timestamps that are not time, in ms: so far back, or so far ahead of the time that has passed. */
const maxStep = { back: 1000, ahead: 10_000 };

/** Maps a source's RTP timestamps to ours, which continue when the source restarts. */
export class RtpTimeline {
  readonly #clock: MediaClock;
  readonly #first: number;
  readonly #to: number;
  #from: number;
  #anchor: Anchor | undefined;
  #lastSent: { readonly timestamp: number; readonly at: number } | undefined;

  /** @param rate of our timestamps, in Hz @param first our first timestamp */
  constructor(rate: number, clock: MediaClock, first: number) {
    this.#clock = clock;
    this.#first = first;
    this.#to = rate;
    this.#from = rate;
  }

  /** Of the last packet that was sent. */
  get last(): number {
    return this.#lastSent?.timestamp ?? this.#first;
  }

  /** Our timestamp of a packet that is sent now. When the source's timestamps jump, ours continue. */
  take(timestamp: number): number {
    if (this.#jumps(timestamp)) this.restart();
    this.#anchor ??= { last: timestamp, elapsed: 0, base: this.#now() };
    const anchor = this.#anchor;
    anchor.elapsed += timestampDistance(anchor.last, timestamp);
    anchor.last = timestamp;
    const ours = this.#at(anchor, anchor.elapsed);
    this.sent(ours);
    return ours;
  }

  /** Our timestamp of a video frame that is sent now: later than the one before, even if that of the source is not. */
  takeFrame(timestamp: number): number {
    const [before, now] = [this.#lastSent, this.#now()];
    const step = this.#anchor ? timestampDistance(this.#anchor.last, timestamp) : 1;
    if (step < 0) this.restart();
    const ours = this.take(timestamp);
    if (!before || timestampDistance(before.timestamp, ours) > 0) return ours;
    // one that is not a repetition only comes after a late one
    const later = step === 0 ? now : wrap(before.timestamp + 1);
    this.sent(later);
    return later;
  }

  /** Our timestamp for one of the source, without advancing; undefined before the first packet. */
  look(timestamp: number): number | undefined {
    const anchor = this.#anchor;
    return anchor && this.#at(anchor, anchor.elapsed + timestampDistance(anchor.last, timestamp));
  }

  /** To be called when a packet was sent with a timestamp of our own. */
  sent(timestamp: number): void {
    this.#lastSent = { timestamp, at: this.#clock.monotonic() };
  }

  /**
   * To be called when the source restarts: its next timestamp is unrelated to those before.
   * @param from the source's clock rate, in Hz, if it may have changed
   */
  restart(from = this.#from): void {
    this.#from = from;
    this.#anchor = undefined;
  }

  #jumps(timestamp: number): boolean {
    if (!this.#anchor || !this.#lastSent) return false;
    const step = (timestampDistance(this.#anchor.last, timestamp) * 1000) / this.#from;
    const passed = this.#clock.monotonic() - this.#lastSent.at;
    return step < -maxStep.back || step > passed + maxStep.ahead;
  }

  #at({ base }: Anchor, elapsed: number): number {
    return wrap(base + Math.round((elapsed * this.#to) / this.#from));
  }

  /** Our timestamp of the current time. */
  #now(): number {
    if (!this.#lastSent) return this.#first;
    const passed = Math.max(this.#clock.monotonic() - this.#lastSent.at, 1);
    return wrap(this.#lastSent.timestamp + Math.round((passed * this.#to) / 1000));
  }
}

function wrap(timestamp: number): number {
  return ((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32;
}
