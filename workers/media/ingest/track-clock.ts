import type { SenderReport } from '../../../src/rtp/rtcp.ts';
import { timestampDistance } from '../../../src/rtp/rtp-packet.ts';
import type { EndpointClock } from './endpoint-clock.ts';

/** The most that a capture time is corrected by from one frame to the next, in ms. */
const slew = 5;
/** Without a report times may drift later by this much per frame, in ms; a faster clock shows itself at once. */
const drift = 0.05;
/** A capture time this far from the arrival, in ms, is a mistake, or the stream jumped. */
const farthest = 1000;

/** Tells when the frames of a track were captured, in ms of our clock: by sender reports, and by their arrival until there is one. */
export class TrackClock {
  readonly #endpoint: EndpointClock;
  readonly #rate: number;
  #report: { readonly ntp: number; readonly timestamp: number } | undefined;
  #last: { readonly timestamp: number; readonly time: number } | undefined;

  /** @param rate ticks per second of the track's timestamps */
  constructor(endpoint: EndpointClock, rate: number) {
    this.#endpoint = endpoint;
    this.#rate = rate;
  }

  report({ ntpTime, rtpTimestamp }: SenderReport): void {
    // no time of day
    if (ntpTime === 0n) return;
    this.#report = {
      ntp: Number(ntpTime >> 32n) * 1000 + (Number(ntpTime & 0xffff_ffffn) * 1000) / 2 ** 32,
      timestamp: rtpTimestamp,
    };
  }

  /**
   * @param timestamp of a frame, 32 bits; frames come in order
   * @param at when it arrived, in ms of our clock
   */
  locate(timestamp: number, at: number): number {
    const wanted = this.#wanted(timestamp, at);
    const expected = this.#last && this.#last.time + this.#milliseconds(this.#last.timestamp, timestamp);
    const time =
      expected === undefined || Math.abs(expected - at) > farthest ? wanted : expected + this.#step(wanted - expected);
    this.#last = { timestamp, time };
    return time;
  }

  #wanted(timestamp: number, at: number): number {
    if (!this.#report) return at;
    const capture = this.#report.ntp + this.#milliseconds(this.#report.timestamp, timestamp);
    const wanted = capture + this.#endpoint.transit(capture, at);
    return Math.abs(wanted - at) > farthest ? at : wanted;
  }

  #step(error: number): number {
    const latest = this.#report ? slew : drift;
    return Math.min(Math.max(error, -slew), latest);
  }

  #milliseconds(from: number, to: number): number {
    return (timestampDistance(from, to) * 1000) / this.#rate;
  }
}
