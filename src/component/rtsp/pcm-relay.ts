import type { PcmFormat } from '../../media/pcm.ts';
import { OpusTranscoder } from '../../media/rtp/opus-transcoder.ts';
import type { OutgoingStream } from '../../media/rtp/outgoing-stream.ts';
import type { RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AudioRelay } from './audio-relay.ts';

/** Transcodes audio that this process decodes, in this process. */
export class PcmRelay extends AudioRelay {
  readonly #transcoder: OpusTranscoder;

  /** @param format one that fits Opus */
  constructor(format: PcmFormat, stream: OutgoingStream) {
    super(stream);
    this.#transcoder = new OpusTranscoder(format, stream);
  }

  override push({ payload, timestamp }: Pick<RtpPacket, 'payload' | 'timestamp'>, lost: number): void {
    this.#transcoder.push({ payload, timestamp, marker: false }, lost);
  }

  override restart(): void {
    this.#transcoder.restart();
    super.restart();
  }
}
