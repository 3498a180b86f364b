import type { Clock } from '../../src/clock/clock.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import { timestampDistance } from '../../src/media/rtp/rtp-packet.ts';
import type { EndpointClock } from './endpoint-clock.ts';

/** Maximum correction of the capture time from one frame to the next, in ms. */
const slew = 5;
/** Without a report, capture times may drift later by this much per frame, in ms; a faster clock is noticed at once. */
const drift = 0.05;
/** Distance of a capture time from the arrival beyond which it is wrong or the stream has jumped, in ms. */
const farthest = 1000;
/** Minimum time without a frame in time before a report is rejected, in ms: frames of a process that was blocked are late, but their report is right. */
const maxStall = 5000;
/** Distance of a report's timestamp from those of the frames beyond which it belongs to another simulcast layer, in ms. */
const foreign = 2000;
/** Maximum number of reports that wait for the first frame. */
const maxWaiting = 8;

interface Report {
  /** On the sender's clock, in ms. */
  readonly instant: number;
  readonly timestamp: number;
  /** Time of arrival, in ms of our clock. */
  readonly at: number;
}

interface Frame {
  readonly timestamp: number;
  /** Time of arrival. */
  readonly at: number;
  /** Time of capture. */
  readonly time: number;
}

/** Computes the capture times of a track's frames, in ms of our clock: from sender reports, and from their arrival until there is one. */
export class TrackClock {
  readonly #endpoint: EndpointClock;
  readonly #rate: number;
  readonly #clock: Clock;
  #report: Report | undefined;
  /** Reports that came before the first frame. */
  #waiting: Report[] = [];
  #last: Frame | undefined;
  /** Arrival of the last frame that agreed with its report. */
  #inTimeAt = Number.NEGATIVE_INFINITY;
  /** Remaining error of capture times since the first report, in ms, corrected step by step. Undefined: times are by arrival. */
  #rest: number | undefined;

  /** @param rate clock rate of the track's timestamps, in Hz @param clock the clock of arrivals */
  constructor(endpoint: EndpointClock, rate: number, clock: Clock) {
    this.#endpoint = endpoint;
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Adds a report. Reports of other simulcast layers are ignored. */
  report({ instant, timestamp, age }: ClockReport): void {
    const report = { instant, timestamp, at: this.#clock.now() - age };
    if (this.#last) return this.#take(report, this.#last);
    this.#waiting.push(report);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
  }

  /**
   * The capture time of a frame, in ms of our clock. Frames come in order.
   * @param timestamp of the frame, 32 bits
   * @param at time of its arrival, in ms of our clock
   */
  locate(timestamp: number, at: number): number {
    for (const report of this.#waiting.splice(0)) this.#take(report, { timestamp, at });
    const time = this.#time(timestamp, at);
    this.#last = { timestamp, at, time };
    return time;
  }

  #time(timestamp: number, at: number): number {
    const reported = this.#reported(timestamp, at);
    const expected = this.#last && this.#last.time + this.#milliseconds(this.#last.timestamp, timestamp);
    const jumped = expected === undefined || Math.abs(expected - (reported ?? at)) > farthest;
    if (reported === undefined) {
      this.#rest = undefined;
      return jumped ? at : expected + within(at - expected, slew, drift);
    }
    const rest = jumped ? 0 : (this.#rest ?? expected - reported);
    this.#rest = rest - within(rest, slew, slew);
    return reported + this.#rest;
  }

  /** The capture time by the report; undefined without one, or when it is implausible. */
  #reported(timestamp: number, at: number): number | undefined {
    if (!this.#report) return undefined;
    const capture = this.#report.instant + this.#milliseconds(this.#report.timestamp, timestamp);
    const time = capture + this.#endpoint.transit(capture, at);
    if (Math.abs(time - at) <= farthest) this.#inTimeAt = at;
    else if (time > at || at - this.#inTimeAt > maxStall) return undefined;
    return time;
  }

  /** Keeps the times of frames continuous: they are corrected step by step. */
  #take(report: Report, { timestamp, at }: Pick<Frame, 'timestamp' | 'at'>): void {
    if (Math.abs(this.#milliseconds(report.timestamp, timestamp) - (at - report.at)) > foreign) return;
    const before = this.#report;
    this.#report = report;
    if (!before || this.#rest === undefined) return;
    const change = before.instant + this.#milliseconds(before.timestamp, report.timestamp) - report.instant;
    this.#rest = Math.abs(change) > farthest ? 0 : this.#rest + change;
  }

  #milliseconds(from: number, to: number): number {
    return (timestampDistance(from, to) * 1000) / this.#rate;
  }
}

function within(error: number, earlier: number, later: number): number {
  return Math.min(Math.max(error, -earlier), later);
}
