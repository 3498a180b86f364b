import type { OutgoingStream } from '../../media/rtp/outgoing-stream.ts';
import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import type { TrackRelay } from './track-receiver.ts';

/** Relays a source's audio into the room as Opus. */
export abstract class AudioRelay implements TrackRelay {
  protected readonly stream: OutgoingStream;

  constructor(stream: OutgoingStream) {
    this.stream = stream;
  }

  abstract push(packet: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void;

  restart(): void {
    this.stream.timeline.restart();
  }

  report(report: SenderReport): void {
    this.stream.report(report);
  }

  async close(): Promise<void> {}
}
