import type { Clock } from '../../clock/clock.ts';
import { timestampDistance } from '../../media/rtp/rtp-packet.ts';

export interface RtpTimelineOptions {
  /** Rate of our timestamps, in Hz. */
  readonly to: number;
  readonly clock: Clock;
  /** Our first timestamp. */
  readonly first: number;
}

/** Where a source's clock and ours meet. */
interface Anchor {
  /** The source's timestamp, and how far it has come since, both in its ticks. */
  last: number;
  elapsed: number;
  /** Our timestamp at the beginning. */
  readonly base: number;
}

/** Turns a source's RTP timestamps into ours, which go on as if nothing had happened when the source starts anew. */
export class RtpTimeline {
  readonly #options: RtpTimelineOptions;
  #from: number;
  #anchor: Anchor | undefined;
  #lastSent: { readonly timestamp: number; readonly at: number } | undefined;

  constructor(options: RtpTimelineOptions) {
    this.#options = options;
    this.#from = options.to;
  }

  /** Of the last packet that was sent. */
  get last(): number {
    return this.#lastSent?.timestamp ?? this.#options.first;
  }

  /** Our timestamp for a packet that is sent now. */
  take(timestamp: number): number {
    this.#anchor ??= { last: timestamp, elapsed: 0, base: this.#now() };
    const anchor = this.#anchor;
    anchor.elapsed += timestampDistance(anchor.last, timestamp);
    anchor.last = timestamp;
    const ours = this.#at(anchor, anchor.elapsed);
    this.sent(ours);
    return ours;
  }

  /** Ours for a timestamp that is only talked about; undefined before the first packet. */
  look(timestamp: number): number | undefined {
    const anchor = this.#anchor;
    return anchor && this.#at(anchor, anchor.elapsed + timestampDistance(anchor.last, timestamp));
  }

  /** A packet was sent with a timestamp of ours. */
  sent(timestamp: number): void {
    this.#lastSent = { timestamp, at: this.#options.clock.now() };
  }

  /**
   * The source's next timestamp has nothing to do with those before.
   * @param from the source's clock rate, in Hz, when it may be another now
   */
  restart(from = this.#from): void {
    this.#from = from;
    this.#anchor = undefined;
  }

  #at({ base }: Anchor, elapsed: number): number {
    return wrap(base + Math.round((elapsed * this.#options.to) / this.#from));
  }

  /** What our clock shows now. */
  #now(): number {
    const { first, to, clock } = this.#options;
    if (!this.#lastSent) return first;
    const passed = Math.max(clock.now() - this.#lastSent.at, 1);
    return wrap(this.#lastSent.timestamp + Math.round((passed * to) / 1000));
  }
}

function wrap(timestamp: number): number {
  return ((timestamp % 2 ** 32) + 2 ** 32) % 2 ** 32;
}
