import { EventEmitter } from 'node:events';
import type { Consumer } from 'mediasoup/types';
import type { Encoding } from '../room/track.ts';
import type { Publication } from './publication.ts';

/** A publication that is forwarded to one peer. */
export class Subscription {
  readonly publication: Publication;
  /** `encoding`: the forwarded simulcast layer has changed. */
  readonly observer = new EventEmitter<{ encoding: [Encoding] }>();
  readonly #consumer: Consumer;
  #target: Encoding;
  #current: Encoding | undefined;

  constructor(publication: Publication, consumer: Consumer, target: Encoding) {
    this.publication = publication;
    this.#consumer = consumer;
    this.#target = target;
    consumer.on('layerschange', (layers) => {
      const encoding = layers && publication.encodings[layers.spatialLayer];
      if (!encoding || encoding === this.#current) return;
      this.#current = encoding;
      this.observer.emit('encoding', encoding);
    });
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  /** The requested layer. */
  get target(): Encoding {
    return this.#target;
  }

  /** The forwarded layer; undefined until one is. */
  get current(): Encoding | undefined {
    return this.#current;
  }

  /** SSRC of the media stream, and of its retransmission stream if there is one. */
  get ssrcs(): { media: number; rtx: number | undefined } {
    const encoding = this.#consumer.rtpParameters.encodings?.[0];
    return { media: encoding?.ssrc ?? 0, rtx: encoding?.rtx?.ssrc };
  }

  /** mediasoup's statistics of the forwarded stream. */
  async stats() {
    const stats = await this.#consumer.getStats();
    return stats.find(({ type }) => type === 'outbound-rtp');
  }

  /** Requests a layer. It is an upper bound: a lower one is forwarded when bandwidth is low or the layer is disabled. */
  async setTarget(encoding: Encoding): Promise<void> {
    const spatialLayer = this.publication.encodings.indexOf(encoding);
    if (spatialLayer < 0 || this.closed) return;
    this.#target = encoding;
    await this.#unlessEnded(this.#consumer.setPreferredLayers({ spatialLayer }));
  }

  /** Starts forwarding and requests a keyframe. */
  async resume(): Promise<void> {
    if (!this.closed && this.#consumer.paused) await this.#unlessEnded(this.#consumer.resume());
  }

  /** Idempotent. */
  close(): void {
    this.#consumer.close();
  }

  /** The worker ends a consumer with its producer, a moment before this process hears of it: a request in between is refused. */
  async #unlessEnded(request: Promise<void>): Promise<void> {
    await request.catch((error: unknown) => {
      if (!this.closed && !this.publication.closed) throw error;
    });
  }
}
