import type { PacketTarget } from '../../../src/media/rtp/outgoing-stream.ts';
import { type OutgoingPacket, sequenceDistance, timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';

/** A feed that remembers what it was given. */
export class RecordedTarget implements PacketTarget {
  readonly clockRate: number;
  readonly packets: OutgoingPacket[] = [];
  readonly reports: { ntpTime: bigint; rtpTimestamp: number }[] = [];

  constructor(clockRate = 90_000) {
    this.clockRate = clockRate;
  }

  send(packet: OutgoingPacket): void {
    this.packets.push(packet);
  }

  report(ntpTime: bigint, rtpTimestamp: number): void {
    this.reports.push({ ntpTime, rtpTimestamp });
  }

  /** Payloads in hexadecimal. */
  get payloads(): string[] {
    return this.packets.map(({ payload }) => payload.toString('hex'));
  }

  /** Sequence numbers from the first one on. */
  get numbers(): number[] {
    return this.packets.map(({ sequenceNumber }) =>
      sequenceDistance(this.packets[0]?.sequenceNumber ?? 0, sequenceNumber),
    );
  }

  /** Timestamps from the first one on. */
  get times(): number[] {
    return this.packets.map(({ timestamp }) => timestampDistance(this.packets[0]?.timestamp ?? 0, timestamp));
  }
}
