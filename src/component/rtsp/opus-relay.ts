import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AudioRelay } from './audio-relay.ts';

/** Maximum length of an Opus packet (RFC 6716 3.2.5), in bytes. */
const maxPayloadLength = 1275 * 6;

/** Passes Opus through. */
export class OpusRelay extends AudioRelay {
  override push({ payload, timestamp }: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    this.stream.skip(lost);
    if (payload.length === 0 || payload.length > maxPayloadLength) return;
    this.stream.send({ payload, timestamp: this.stream.timeline.take(timestamp), marker: false });
  }
}
