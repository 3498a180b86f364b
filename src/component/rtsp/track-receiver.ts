import type { Clock } from '../../clock/clock.ts';
import { JitterBuffer } from '../../media/jitter-buffer.ts';
import { Reception } from '../../media/rtp/reception.ts';
import { type ReportBlock, readSenderReports, type SenderReport } from '../../media/rtp/rtcp.ts';
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
  /** Of the source's timestamps, in Hz. */
  readonly clockRate: number;
  /** Called about every five seconds once a packet has come: some cameras end a session without receiver reports. */
  readonly sendReport: (block: ReportBlock) => void;
  /** Whether packets may be reordered on their way. */
  readonly reorder: boolean;
}

/** Time that a missing packet is waited for, in ms. */
const delay = 40;
/** Maximum number of packets that are held while one is missing. */
const maxReordered = 32;
/** This many late packets in a row mean that the source has restarted its sequence numbers. */
const maxLate = 100;
/** Interval of receiver reports, in ms (RFC 3550 section 6.2). */
const reportInterval = 5000;

/** Receives one track of a session: reorders its packets, detects losses and restarts, reports what it received. */
export class TrackReceiver {
  readonly #options: TrackReceiverOptions;
  readonly #relay: TrackRelay;
  readonly #buffer: JitterBuffer<{ readonly packet: RtpPacket }>;
  #reception: Reception | undefined;
  #cancelReport: (() => void) | undefined;

  constructor(options: TrackReceiverOptions) {
    const { relay, clock, reorder } = options;
    this.#options = options;
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
    return this.#reception?.ssrc;
  }

  rtp(packet: RtpPacket): void {
    this.#count(packet);
    this.#buffer.push({ packet });
  }

  rtcp(compound: Buffer): void {
    for (const report of readSenderReports(compound)) {
      if (report.ssrc !== this.ssrc) continue;
      this.#reception?.senderReport(report, this.#options.clock.monotonic());
      this.#relay.report(report);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#cancelReport?.();
    this.#buffer.close();
  }

  #count(packet: RtpPacket): void {
    const { clock, clockRate } = this.#options;
    if (this.#reception?.ssrc !== packet.ssrc) {
      if (this.#reception) {
        this.#buffer.restart();
        this.#relay.restart();
      } else {
        this.#scheduleReport();
      }
      this.#reception = new Reception(packet.ssrc, clockRate);
    }
    this.#reception.packet(packet, clock.monotonic());
  }

  #scheduleReport(): void {
    const { clock, sendReport } = this.#options;
    this.#cancelReport = clock.schedule(reportInterval, () => {
      if (this.#reception) sendReport(this.#reception.report(clock.monotonic()));
      this.#scheduleReport();
    });
  }

  #take({ packet }: { readonly packet: RtpPacket }, lost: number | 'restart'): void {
    if (packet.payload.length === 0) return;
    if (lost === 'restart') this.#relay.restart();
    this.#relay.push(packet, lost === 'restart' ? 0 : lost);
  }
}
