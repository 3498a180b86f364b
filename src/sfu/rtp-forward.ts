import { EventEmitter } from 'node:events';
import type { Consumer, PlainTransport, RtpCapabilities, Transport } from 'mediasoup/types';
import type { ClockReport } from '../media/rtp/rtcp.ts';
import type { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/** Identifies the packets of a forwarded publication among others on the same port. */
export interface ForwardedStream {
  readonly mimeType: 'video/H264' | 'video/VP8' | 'audio/opus';
  readonly payloadType: number;
  readonly ssrc: number;
  readonly rtxPayloadType?: number;
  readonly rtxSsrc?: number;
}

/** Forwards a publication as RTP over UDP to another process on this host, for recording or composing. */
export class RtpForward {
  /**
   * `report`: a sender report arrived. `layers`: {@link layer} or {@link arriving} may have changed. `closed`: by {@link close}, with the
   * publication, or with the room.
   */
  readonly observer = new EventEmitter<{ report: [ClockReport]; layers: []; closed: [] }>();
  readonly publication: Publication;
  readonly stream: ForwardedStream;
  readonly #transport: PlainTransport;
  readonly #consumer: Consumer;

  private constructor(publication: Publication, transport: PlainTransport, consumer: Consumer) {
    this.publication = publication;
    this.#transport = transport;
    this.#consumer = consumer;
    this.stream = streamOf(consumer);
    const { observer: sender } = publication.senderReports;
    const onReport = (report: ClockReport) => this.observer.emit('report', report);
    sender.on('report', onReport);
    consumer.on('layerschange', () => this.observer.emit('layers'));
    consumer.on('score', () => this.observer.emit('layers'));
    consumer.observer.once('close', () => {
      sender.off('report', onReport);
      this.observer.emit('closed');
    });
  }

  /** Opens a forward, which sends nothing until {@link start}. Rejects when the room or the publication is closed. */
  static async open(router: RoomRouter, publication: Publication): Promise<RtpForward> {
    const transport = await router.createPlainTransport();
    return new RtpForward(publication, transport, await consumeLocally(router, publication, transport));
  }

  /** The last sender report of each simulcast layer. */
  get reports(): readonly ClockReport[] {
    return this.publication.senderReports.last;
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  /** Index of the forwarded simulcast layer; undefined: none. */
  get layer(): number | undefined {
    return this.#consumer.currentLayers?.spatialLayer;
  }

  /** Whether each simulcast layer arrives from the sender. */
  get arriving(): readonly boolean[] {
    return this.#consumer.score.producerScores.map((score) => score > 0);
  }

  /** Requests a simulcast layer by its index; until then it is the highest. mediasoup replaces one that does not arrive. */
  async setLayer(spatialLayer: number): Promise<void> {
    if (!this.closed) await this.#consumer.setPreferredLayers({ spatialLayer });
  }

  /** Starts sending to this port of 127.0.0.1 and requests a keyframe. To be called once. */
  async start(port: number): Promise<void> {
    if (this.closed) return;
    await this.#transport.connect({ ip: '127.0.0.1', port });
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

function streamOf({ rtpParameters }: Consumer): ForwardedStream {
  const { codecs, encodings = [] } = rtpParameters;
  const [media, ...others] = codecs;
  const [encoding] = encodings;
  if (!media || encoding?.ssrc === undefined) throw new Error('The consumer has no stream.');
  const rtx = others.find(({ mimeType }) => mimeType.toLowerCase().endsWith('/rtx'));
  return {
    mimeType: media.mimeType as ForwardedStream['mimeType'],
    payloadType: media.payloadType,
    ssrc: encoding.ssrc,
    ...(rtx && encoding.rtx && { rtxPayloadType: rtx.payloadType, rtxSsrc: encoding.rtx.ssrc }),
  };
}

/**
 * Consumes a publication on this host, through a transport of its own.
 * @returns the consumer, paused, so that the caller misses nothing
 * @throws when the room or the publication is closed; the transport is closed then
 */
export async function consumeLocally(
  router: RoomRouter,
  publication: Publication,
  transport: Transport,
): Promise<Consumer> {
  try {
    const rtpCapabilities = withoutEstimation(router.rtpCapabilities);
    const consumer = await transport.consume({ producerId: publication.producer.id, rtpCapabilities, paused: true });
    consumer.observer.once('close', () => transport.close());
    return consumer;
  } catch (error) {
    transport.close();
    throw error;
  }
}

/** Without the extensions and feedback for bandwidth estimation: the local connection needs none, and mediasoup would probe it. */
function withoutEstimation({ codecs = [] }: RtpCapabilities): RtpCapabilities {
  const plain = codecs.map((codec) => ({
    ...codec,
    rtcpFeedback: (codec.rtcpFeedback ?? []).filter(({ type }) => type === 'nack'),
  }));
  return { codecs: plain, headerExtensions: [] };
}
