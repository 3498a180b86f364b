import { randomInt } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { OutgoingPacket } from '../../media/rtp/rtp-packet.ts';
import { RtpTimeline } from './rtp-timeline.ts';

/** Where packets go: a feed of the room. */
export interface StreamTarget {
  /** Ticks per second. */
  readonly clockRate: number;
  send(packet: OutgoingPacket): void;
  report(ntpTime: bigint, rtpTimestamp: number): void;
}

/** Losses longer than this are not passed on in full: decoders only have to notice. */
const maxLost = 100;

/** The numbers and timestamps under which a source's packets enter the room. */
export class OutgoingStream {
  readonly timeline: RtpTimeline;
  readonly #target: StreamTarget;
  #sequenceNumber = randomInt(0x8000);
  /** What the source said before its first packet went out: the room has no stream before. */
  #early: SenderReport | undefined;

  constructor(target: StreamTarget, clock: Clock) {
    this.#target = target;
    this.timeline = new RtpTimeline({ to: target.clockRate, clock, first: randomInt(2 ** 31) });
  }

  /** @param timestamp ours */
  send(packet: Pick<OutgoingPacket, 'timestamp' | 'marker' | 'payload'>): void {
    this.#target.send({ ...packet, sequenceNumber: this.#sequenceNumber });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    const early = this.#early;
    this.#early = undefined;
    if (early) this.report(early);
  }

  /** Leaves a gap so that receivers see the loss. */
  skip(lost: number): void {
    this.#sequenceNumber = (this.#sequenceNumber + Math.min(lost, maxLost)) & 0xffff;
  }

  /** Passes on which instant the source's timestamps stand for, as soon as there are packets. */
  report(report: SenderReport): void {
    const ours = this.timeline.look(report.rtpTimestamp);
    if (ours === undefined) this.#early = report;
    else this.#target.report(report.ntpTime, ours);
  }
}
