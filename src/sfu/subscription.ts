import { EventEmitter } from 'node:events';
import type { Consumer } from 'mediasoup/types';
import type { Encoding } from '../room/track.ts';
import type { Publication } from './publication.ts';

/** A publication as it is forwarded to one peer. */
export class Subscription {
  readonly publication: Publication;
  /** `encoding`: another simulcast layer is being forwarded than before. */
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

  get consumer(): Consumer {
    return this.#consumer;
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  /** The wanted layer. */
  get target(): Encoding {
    return this.#target;
  }

  /** The layer that is being forwarded, once one is. */
  get current(): Encoding | undefined {
    return this.#current;
  }

  /** SSRC of the media stream, and of its retransmissions if there are any. */
  get ssrcs(): { media: number; rtx: number | undefined } {
    const encoding = this.#consumer.rtpParameters.encodings?.[0];
    return { media: encoding?.ssrc ?? 0, rtx: encoding?.rtx?.ssrc };
  }

  /** Counters of the forwarded stream, as mediasoup gives them. */
  async stats() {
    const stats = await this.#consumer.getStats();
    return stats.find(({ type }) => type === 'outbound-rtp');
  }

  /** Asks for a layer; it is an upper bound that gives way to bandwidth and to layers that are switched off. */
  async setTarget(encoding: Encoding): Promise<void> {
    const spatialLayer = this.publication.encodings.indexOf(encoding);
    if (spatialLayer < 0 || this.closed) return;
    this.#target = encoding;
    await this.#consumer.setPreferredLayers({ spatialLayer });
  }

  /** Starts forwarding; a keyframe is asked for. */
  async resume(): Promise<void> {
    if (!this.closed && this.#consumer.paused) await this.#consumer.resume();
  }

  /** Idempotent. */
  close(): void {
    this.#consumer.close();
  }
}
