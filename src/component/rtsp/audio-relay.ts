import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';

/** Relays a source's audio into the room as Opus. */
export interface AudioRelay {
  /** @param lost number of packets lost before this one */
  push(packet: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void;
  /** The source has restarted its timestamps: the next packet continues the stream. */
  restart(): void;
  report(report: SenderReport): void;
  /** Idempotent. */
  close(): Promise<void>;
}
