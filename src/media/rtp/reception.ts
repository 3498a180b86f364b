import type { ReportBlock, SenderReport } from './rtcp.ts';
import { type RtpPacket, sequenceDistance, timestampDistance } from './rtp-packet.ts';

/** A number this far ahead or behind is a restart of the sender's numbers if the next packet follows it (RFC 3550 A.1). */
const maxAhead = 3000;
const maxBehind = 100;
/** A difference of transit times that is longer, in seconds, is a change of the sender's clock, not jitter. */
const maxTransitChange = 10;

/** Counts what arrives of a stream, for receiver reports (RFC 3550 section 6.4.1, A.3 and A.8). */
export class Reception {
  readonly ssrc: number;
  readonly #clockRate: number;
  /** Extended sequence numbers. */
  #first: number | undefined;
  #highest = 0;
  #received = 0;
  /** Counts at the time of the last report. */
  #before = { expected: 0, received: 0 };
  /** The number that would confirm a restart. */
  #suspect: number | undefined;
  #jitter = 0;
  #last: { readonly timestamp: number; readonly at: number } | undefined;
  #senderReport: { readonly ntpTime: bigint; readonly at: number } | undefined;

  /** @param clockRate of the timestamps, in Hz */
  constructor(ssrc: number, clockRate: number) {
    this.ssrc = ssrc;
    this.#clockRate = clockRate;
  }

  /** Counts a packet, in the order of arrival. @param at its arrival, in ms of a monotonic clock */
  packet({ sequenceNumber, timestamp }: Pick<RtpPacket, 'sequenceNumber' | 'timestamp'>, at: number): void {
    if (!this.#count(sequenceNumber)) return;
    this.#received += 1;
    if (this.#last) this.#measure(((at - this.#last.at) / 1000) * this.#clockRate, this.#last.timestamp, timestamp);
    this.#last = { timestamp, at };
  }

  senderReport({ ntpTime }: Pick<SenderReport, 'ntpTime'>, at: number): void {
    this.#senderReport = { ntpTime, at };
  }

  /** What is reported now. The fraction is that since the last call. */
  report(at: number): ReportBlock {
    const expected = this.#first === undefined ? 0 : this.#highest - this.#first + 1;
    const missing = expected - this.#before.expected - (this.#received - this.#before.received);
    const interval = expected - this.#before.expected;
    this.#before = { expected, received: this.#received };
    const { ntpTime, at: reportedAt } = this.#senderReport ?? { ntpTime: 0n, at };
    return {
      ssrc: this.ssrc,
      fractionLost: interval > 0 && missing > 0 ? Math.min(Math.floor((missing * 256) / interval), 255) : 0,
      lost: Math.max(-0x80_00_00, Math.min(expected - this.#received, 0x7f_ff_ff)),
      highestSequenceNumber: this.#highest % 2 ** 32,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: Number((ntpTime >> 16n) & 0xff_ff_ff_ffn),
      sinceSenderReport: Math.min(Math.round(((at - reportedAt) * 65_536) / 1000), 0xff_ff_ff_ff),
    };
  }

  /** @returns false for a number that may be a restart */
  #count(sequenceNumber: number): boolean {
    if (this.#first === undefined) this.#restart(sequenceNumber);
    const ahead = sequenceDistance(this.#highest & 0xffff, sequenceNumber);
    if (ahead < maxAhead && ahead > -maxBehind) {
      this.#highest += Math.max(ahead, 0);
      this.#suspect = undefined;
      return true;
    }
    const confirmed = sequenceNumber === this.#suspect;
    this.#suspect = (sequenceNumber + 1) & 0xffff;
    if (confirmed) this.#restart(sequenceNumber);
    return confirmed;
  }

  #restart(sequenceNumber: number): void {
    this.#first = sequenceNumber;
    this.#highest = sequenceNumber;
    this.#received = 0;
    this.#before = { expected: 0, received: 0 };
    this.#suspect = undefined;
    this.#last = undefined;
  }

  /** @param passed time between two arrivals, in ticks */
  #measure(passed: number, from: number, to: number): void {
    const change = Math.abs(passed - timestampDistance(from, to));
    if (change < maxTransitChange * this.#clockRate) this.#jitter += (change - this.#jitter) / 16;
  }
}
