import { EventEmitter } from 'node:events';
import type { DirectTransport } from 'mediasoup/types';
import { asksForKeyframe, writeSenderReport } from '../media/rtp/rtcp.ts';
import { type OutgoingPacket, serializeRtp } from '../media/rtp/rtp-packet.ts';
import { type Feed, type FeedStream, publishFeed } from './feed.ts';
import type { FeedOptions } from './feed-codec.ts';
import type { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/** Sends media of this process into a room, where it is a publication like any other. */
export class RtpFeed implements Feed {
  /** `keyframeRequest`: a viewer needs a keyframe. `closed`: by {@link close}, or with the room. */
  readonly observer = new EventEmitter<{ keyframeRequest: []; closed: [] }>();
  readonly publication: Publication;
  readonly #transport: DirectTransport;
  readonly #ssrc: number;
  readonly #payloadType: number;
  #packets = 0;
  #octets = 0;

  private constructor(transport: DirectTransport, { publication, ssrc, payloadType }: FeedStream) {
    this.#transport = transport;
    this.publication = publication;
    this.#ssrc = ssrc;
    this.#payloadType = payloadType;
    transport.on('rtcp', (compound) => {
      if (asksForKeyframe(compound)) this.observer.emit('keyframeRequest');
    });
    transport.observer.once('close', () => this.observer.emit('closed'));
  }

  /** Opens a feed. Rejects when the room is closed or does not accept the codec. */
  static async open(router: RoomRouter, options: FeedOptions): Promise<RtpFeed> {
    const transport = await router.createDirectTransport();
    return new RtpFeed(transport, await publishFeed(router, transport, options));
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  /** RTP clock rate, in Hz. */
  get clockRate(): number {
    return this.publication.producer.rtpParameters.codecs[0]?.clockRate ?? 0;
  }

  /** Sends an RTP packet. Does nothing once the feed is closed. */
  send(packet: OutgoingPacket): void {
    if (this.closed) return;
    this.#packets += 1;
    this.#octets += packet.payload.length;
    this.#quietly(() => {
      this.publication.producer.send(serializeRtp({ ...packet, ssrc: this.#ssrc, payloadType: this.#payloadType }));
    });
  }

  /**
   * Sends an RTCP sender report, with which receivers synchronize audio and video.
   * @param ntpTime 32.32 bits, see `toNtpTime`
   * @param rtpTimestamp of the same instant, in units of {@link clockRate}
   */
  report(ntpTime: bigint, rtpTimestamp: number): void {
    if (this.closed) return;
    const counts = { packetCount: this.#packets >>> 0, octetCount: this.#octets >>> 0 };
    this.#quietly(() =>
      this.#transport.sendRtcp(writeSenderReport({ ssrc: this.#ssrc, ntpTime, rtpTimestamp, ...counts })),
    );
  }

  /** Idempotent. */
  close(): void {
    this.#transport.close();
  }

  /** When the worker has just died, mediasoup throws before it closes the transport: such errors are ignored. @throws any other error */
  #quietly(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!this.closed && !(error instanceof Error && error.name === 'WorkerClosedError')) throw error;
    }
  }
}
