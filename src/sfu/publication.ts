import type { Producer } from 'mediasoup/types';
import type { Encoding, TrackType } from '../room/track.ts';
import { SenderReports } from './sender-reports.ts';

/** A track that the SFU receives. */
export class Publication {
  readonly trackId: string;
  readonly kind: TrackType;
  readonly producer: Producer;
  /** Simulcast layers, lowest first: the index is mediasoup's spatial layer. Empty without simulcast. */
  readonly encodings: readonly Encoding[];
  readonly senderReports: SenderReports;

  constructor(trackId: string, producer: Producer, encodings: readonly Encoding[]) {
    this.trackId = trackId;
    this.kind = producer.kind;
    this.producer = producer;
    this.encodings = encodings;
    this.senderReports = new SenderReports(producer);
  }

  /** `video/VP8`, `video/H264` or `audio/opus`. */
  get mimeType(): string {
    return this.producer.rtpParameters.codecs[0]?.mimeType ?? '';
  }

  /** mediasoup's statistics of the streams that have been received so far: one per simulcast layer. */
  async stats() {
    return await this.producer.getStats();
  }

  get closed(): boolean {
    return this.producer.closed;
  }

  /** Idempotent. */
  close(): void {
    this.producer.close();
  }
}
