import { randomInt } from 'node:crypto';
import type { MediaClock } from '../media-clock.ts';
import type { SenderReport } from './rtcp.ts';
import type { OutgoingPacket } from './rtp-packet.ts';
import { RtpTimeline } from './rtp-timeline.ts';

/** The feed of a room that packets are sent to. */
export interface PacketTarget {
  /** Of the timestamps, in Hz. */
  readonly clockRate: number;
  send(packet: OutgoingPacket): void;
  /** Sends a sender report. @param ntpTime 32.32 bits @param rtpTimestamp of the same instant */
  report(ntpTime: bigint, rtpTimestamp: number): void;
}

/** Maximum gap in our sequence numbers: a decoder only has to notice the loss. */
const maxLost = 100;

/** Sends a source's packets into the room with sequence numbers and timestamps of our own. */
export class OutgoingStream {
  readonly timeline: RtpTimeline;
  readonly #target: PacketTarget;
  #sequenceNumber = randomInt(0x8000);
  #sent = 0;
  /** A report that came before the first packet was sent, when the room had no stream yet. */
  #early: SenderReport | undefined;

  constructor(target: PacketTarget, clock: MediaClock) {
    this.#target = target;
    this.timeline = new RtpTimeline(target.clockRate, clock, randomInt(2 ** 31));
  }

  /** Number of packets so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends a packet. @param timestamp on our timeline */
  send(packet: Pick<OutgoingPacket, 'timestamp' | 'marker' | 'payload'>): void {
    this.#sent += 1;
    this.#target.send({ ...packet, sequenceNumber: this.#sequenceNumber });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const early = this.#early;
    this.#early = undefined;
    if (early) this.report(early);
  }

  /** Leaves a gap in the sequence numbers, so that receivers notice the loss. */
  skip(lost: number): void {
    this.#sequenceNumber = (this.#sequenceNumber + Math.min(lost, maxLost)) & 0xffff;
  }

  /** Passes on a sender report of the source, as soon as packets have been sent. */
  report(report: SenderReport): void {
    const ours = this.timeline.look(report.rtpTimestamp);
    if (ours === undefined) this.#early = report;
    else this.#target.report(report.ntpTime, ours);
  }
}
