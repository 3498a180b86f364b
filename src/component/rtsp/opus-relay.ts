import type { SenderReport } from '../../media/rtp/rtcp.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import type { AudioRelay } from './audio-relay.ts';
import type { OutgoingStream } from './outgoing-stream.ts';

/** Maximum length of an Opus packet (RFC 6716 3.2.5), in bytes. */
const maxPayloadLength = 1275 * 6;

/** Passes Opus through. */
export class OpusRelay implements AudioRelay {
  readonly #stream: OutgoingStream;

  constructor(stream: OutgoingStream) {
    this.#stream = stream;
  }

  push({ payload, timestamp }: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    this.#stream.skip(lost);
    if (payload.length === 0 || payload.length > maxPayloadLength) return;
    this.#stream.send({ payload, timestamp: this.#stream.timeline.take(timestamp), marker: false });
  }

  restart(): void {
    this.#stream.timeline.restart();
  }

  report(report: SenderReport): void {
    this.#stream.report(report);
  }

  async close(): Promise<void> {}
}
