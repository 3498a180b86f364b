import type { Producer } from 'mediasoup/types';
import type { Encoding, TrackType } from '../room/track.ts';
import type { H264Format } from './h264-format.ts';
import { SenderReports } from './sender-reports.ts';

/** A track that the SFU receives. */
export class Publication {
  readonly trackId: string;
  readonly kind: TrackType;
  readonly producer: Producer;
  /** Simulcast layers, lowest first: the index is mediasoup's spatial layer. Empty without simulcast. */
  readonly encodings: readonly Encoding[];
  readonly senderReports: SenderReports;
  /** Undefined: the one that every client receives, or another codec. */
  readonly h264: H264Format | undefined;

  constructor(trackId: string, producer: Producer, encodings: readonly Encoding[], h264?: H264Format) {
    this.trackId = trackId;
    this.kind = producer.kind;
    this.producer = producer;
    this.encodings = encodings;
    this.h264 = h264;
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
