import type { Clock } from '../../src/clock/clock.ts';
import { Interval } from '../../src/clock/interval.ts';
import type { Reception } from '../../src/media/rtp/reception.ts';
import {
  type ReportBlock,
  readSenderReports,
  toNtpTime,
  writeGoodbye,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from '../../src/media/rtp/rtcp.ts';
import type { MixSender } from './mix-sender.ts';

/** Interval of reports, in ms. */
const interval = 5000;

export interface PhoneReportsOptions {
  readonly clock: Clock;
  readonly cname: string;
  readonly sender: Pick<MixSender, 'ssrc' | 'now' | 'sent'>;
  /** What is received, once it is. */
  readonly reception: () => Reception | undefined;
  readonly send: (compound: Buffer) => void;
}

/** RTCP between us and the phone (RFC 3550 section 6). */
export class PhoneReports {
  readonly #options: PhoneReportsOptions;
  readonly #interval: Interval;
  /** Packets that had been sent at the last report. */
  #reported = 0;
  #closed = false;

  constructor(options: PhoneReportsOptions) {
    this.#options = options;
    this.#interval = new Interval(options.clock, interval, () => options.send(Buffer.concat(this.#compound())));
  }

  /** A compound packet of the phone has arrived. */
  receive(compound: Buffer): void {
    const { clock, reception } = this.#options;
    const stream = reception();
    const report = readSenderReports(compound).find(({ ssrc }) => ssrc === stream?.ssrc);
    if (report) stream?.senderReport(report, clock.monotonic());
  }

  /** Says goodbye. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { sender, send } = this.#options;
    send(Buffer.concat([...this.#compound(), writeGoodbye(sender.ssrc)]));
    await this.#interval.close();
  }

  /** A report of what was sent since the last one, if anything was, and of what was received. */
  #compound(): Buffer[] {
    const { clock, cname, sender, reception } = this.#options;
    const block = reception()?.report(clock.monotonic());
    return [this.#report(block), writeSourceDescription(sender.ssrc, cname)];
  }

  #report(block?: ReportBlock): Buffer {
    const { clock, sender } = this.#options;
    const { ssrc, sent } = sender;
    const isSender = sent.packetCount !== this.#reported;
    this.#reported = sent.packetCount;
    if (!isSender) return writeReceiverReport(ssrc, block);
    return writeSenderReport({ ssrc, ntpTime: toNtpTime(clock.now()), rtpTimestamp: sender.now, ...sent }, block);
  }
}
