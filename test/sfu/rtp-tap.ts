import { EventEmitter } from 'node:events';
import type { Consumer } from 'mediasoup/types';
import { parseRtp, type RtpPacket } from '../../src/media/rtp/rtp-packet.ts';
import type { Publication } from '../../src/sfu/publication.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import { consumeLocally } from '../../src/sfu/rtp-forward.ts';

export interface RtpTapEvents {
  packet: [RtpPacket];
  closed: [];
}

/**
 * The RTP packets of a publication, received by this process. Sender reports are not among them: mediasoup writes
 * none for direct transports.
 */
export class RtpTap {
  readonly observer = new EventEmitter<RtpTapEvents>();
  readonly publication: Publication;
  readonly #consumer: Consumer;

  private constructor(publication: Publication, consumer: Consumer) {
    this.publication = publication;
    this.#consumer = consumer;
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    consumer.on('rtp', (bytes) => {
      const packet = parseRtp(bytes);
      // Probing packets of the bandwidth estimation arrive here, too.
      if (packet && packet.ssrc === ssrc) this.observer.emit('packet', packet);
    });
    consumer.observer.once('close', () => this.observer.emit('closed'));
  }

  /** Opens a tap, paused until {@link resume}. Rejects when the room or the publication is closed. */
  static async open(router: RoomRouter, publication: Publication): Promise<RtpTap> {
    const transport = await router.createDirectTransport();
    return new RtpTap(publication, await consumeLocally(router, publication, transport));
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  /** Starts the packets and requests a keyframe. */
  async resume(): Promise<void> {
    if (!this.closed) await this.#consumer.resume();
  }

  async requestKeyframe(): Promise<void> {
    if (!this.closed) await this.#consumer.requestKeyFrame();
  }

  /** Idempotent. */
  close(): void {
    this.#consumer.close();
  }
}
