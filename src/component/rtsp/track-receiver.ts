import type { Clock } from '../../clock/clock.ts';
import { readSenderReports, type SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { IncomingSequence } from './incoming-sequence.ts';
import { ReorderWindow } from './reorder-window.ts';

/** What becomes of one track's packets. */
export interface TrackRelay {
  /** @param lost packets that are missing before this one */
  push(packet: RtpPacket, lost: number): void;
  /** The source starts anew: what comes next continues what was. */
  restart(): void;
  report(report: SenderReport): void;
}

export interface TrackReceiverOptions {
  readonly relay: TrackRelay;
  readonly clock: Clock;
  /** Whether packets may overtake each other. */
  readonly reorder: boolean;
}

/** One track of a session: puts its packets in order, notices losses and new beginnings. */
export class TrackReceiver {
  readonly #relay: TrackRelay;
  readonly #window: ReorderWindow | undefined;
  readonly #sequence = new IncomingSequence();
  #ssrc: number | undefined;

  constructor({ relay, clock, reorder }: TrackReceiverOptions) {
    this.#relay = relay;
    this.#window = reorder ? new ReorderWindow(clock, (packet) => this.#take(packet)) : undefined;
  }

  /** Of the source's stream, once a packet has come. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  rtp(packet: RtpPacket): void {
    if (this.#ssrc !== undefined && this.#ssrc !== packet.ssrc) {
      this.#window?.restart();
      this.#sequence.restart();
      this.#relay.restart();
    }
    this.#ssrc = packet.ssrc;
    if (this.#window) this.#window.push(packet);
    else this.#take(packet);
  }

  rtcp(compound: Buffer): void {
    for (const report of readSenderReports(compound)) if (report.ssrc === this.#ssrc) this.#relay.report(report);
  }

  /** Idempotent. */
  close(): void {
    this.#window?.close();
  }

  #take(packet: RtpPacket): void {
    const lost = this.#sequence.arrive(packet.sequenceNumber);
    if (lost === undefined || packet.payload.length === 0) return;
    if (lost === 'restart') this.#relay.restart();
    this.#relay.push(packet, lost === 'restart' ? 0 : lost);
  }
}
