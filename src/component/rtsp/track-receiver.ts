import type { Clock } from '../../clock/clock.ts';
import { JitterBuffer } from '../../media/jitter-buffer.ts';
import { readSenderReports, type SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';

/** The receiver of a track's packets. */
export interface TrackRelay {
  /** @param lost number of packets lost before this one */
  push(packet: RtpPacket, lost: number): void;
  /** The source has restarted: the next packet continues the stream. */
  restart(): void;
  report(report: SenderReport): void;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface TrackReceiverOptions {
  readonly relay: TrackRelay;
  readonly clock: Clock;
  /** Whether packets may be reordered on their way. */
  readonly reorder: boolean;
}

/** Time that a missing packet is waited for, in ms. */
const delay = 40;
/** Maximum number of packets that are held while one is missing. */
const maxReordered = 32;
/** This many late packets in a row mean that the source has restarted its sequence numbers. */
const maxLate = 100;

/** Receives one track of a session: reorders its packets, detects losses and restarts. */
export class TrackReceiver {
  readonly #relay: TrackRelay;
  readonly #buffer: JitterBuffer<{ readonly packet: RtpPacket }>;
  #ssrc: number | undefined;

  constructor({ relay, clock, reorder }: TrackReceiverOptions) {
    this.#relay = relay;
    const maxHeld = reorder ? maxReordered : 0;
    this.#buffer = new JitterBuffer({
      clock,
      delay,
      maxHeld,
      maxLate,
      deliver: (entry, lost) => this.#take(entry, lost),
    });
  }

  /** SSRC of the source's stream, once a packet has come. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  rtp(packet: RtpPacket): void {
    if (this.#ssrc !== undefined && this.#ssrc !== packet.ssrc) {
      this.#buffer.restart();
      this.#relay.restart();
    }
    this.#ssrc = packet.ssrc;
    this.#buffer.push({ packet });
  }

  rtcp(compound: Buffer): void {
    for (const report of readSenderReports(compound)) if (report.ssrc === this.#ssrc) this.#relay.report(report);
  }

  /** Idempotent. */
  close(): void {
    this.#buffer.close();
  }

  #take({ packet }: { readonly packet: RtpPacket }, lost: number | 'restart'): void {
    if (packet.payload.length === 0) return;
    if (lost === 'restart') this.#relay.restart();
    this.#relay.push(packet, lost === 'restart' ? 0 : lost);
  }
}
