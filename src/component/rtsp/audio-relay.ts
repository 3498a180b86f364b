import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';

/** A source's audio on its way into the room, as Opus. */
export interface AudioRelay {
  /** @param lost packets that are missing before this one */
  push(packet: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void;
  /** The source starts anew: what comes next continues what was. */
  restart(): void;
  report(report: SenderReport): void;
  /** Idempotent. */
  close(): Promise<void>;
}
