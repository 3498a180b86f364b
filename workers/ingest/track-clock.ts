import type { Clock } from '../../src/clock/clock.ts';
import type { ClockReport } from '../../src/media/rtp/rtcp.ts';
import { timestampDistance } from '../../src/media/rtp/rtp-packet.ts';
import type { EndpointClock } from './endpoint-clock.ts';

/** The most that a capture time is corrected by from one frame to the next, in ms. */
const slew = 5;
/** Without a report times may drift later by this much per frame, in ms; a faster clock shows itself at once. */
const drift = 0.05;
/** A capture time this far from the arrival, in ms, is a mistake, or the stream jumped. */
const farthest = 1000;
/** But not after less than this without a frame in time, in ms: what a process that was kept waiting hands on is late, and its report true. */
const maxStall = 5000;
/** A report whose timestamp is this far from those of the frames, in ms, belongs to another simulcast layer. */
const foreign = 2000;
/** Reports that wait for the first frame. */
const maxWaiting = 8;

interface Report {
  /** Milliseconds on the sender's clock. */
  readonly instant: number;
  readonly timestamp: number;
  /** When it came, in ms of our clock. */
  readonly at: number;
}

interface Frame {
  readonly timestamp: number;
  /** When it arrived. */
  readonly at: number;
  /** When it was captured. */
  readonly time: number;
}

/** Tells when the frames of a track were captured, in ms of our clock: by sender reports, and by their arrival until there is one. */
export class TrackClock {
  readonly #endpoint: EndpointClock;
  readonly #rate: number;
  readonly #clock: Clock;
  #report: Report | undefined;
  /** What came before the first frame. */
  #waiting: Report[] = [];
  #last: Frame | undefined;
  /** When the last frame arrived whose report agreed with its arrival. */
  #inTimeAt = Number.NEGATIVE_INFINITY;
  /** What times still are too late by since reports came, in ms; made good step by step. Undefined: they are by arrival. */
  #rest: number | undefined;

  /** @param rate ticks per second of the track's timestamps. @param clock that of the arrivals */
  constructor(endpoint: EndpointClock, rate: number, clock: Clock) {
    this.#endpoint = endpoint;
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Reports of other layers of the track do no harm. */
  report({ instant, timestamp, age }: ClockReport): void {
    const report = { instant, timestamp, at: this.#clock.now() - age };
    if (this.#last) return this.#take(report, this.#last);
    this.#waiting.push(report);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
  }

  /**
   * @param timestamp of a frame, 32 bits; frames come in order
   * @param at when it arrived, in ms of our clock
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

  /** By the report; undefined when there is none, or it makes no sense. */
  #reported(timestamp: number, at: number): number | undefined {
    if (!this.#report) return undefined;
    const capture = this.#report.instant + this.#milliseconds(this.#report.timestamp, timestamp);
    const time = capture + this.#endpoint.transit(capture, at);
    if (Math.abs(time - at) <= farthest) this.#inTimeAt = at;
    else if (time > at || at - this.#inTimeAt > maxStall) return undefined;
    return time;
  }

  /** The times of its frames go on as they were, and are corrected step by step. */
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
