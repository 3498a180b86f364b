import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { DirectTransport, RtpCodecParameters } from 'mediasoup/types';
import { asksForKeyframe, writeSenderReport } from '../media/rtp/rtcp.ts';
import { type OutgoingPacket, serializeRtp } from '../media/rtp/rtp-packet.ts';
import type { TrackType } from '../room/track.ts';
import { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/** Without this feedback mediasoup would not request keyframes. */
const rtcpFeedback = [
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/**
 * The codecs of feeds. H264 is always declared as constrained baseline: browsers decode high and main profile, too, as long as there
 * are no B-frames.
 */
const codecs = {
  h264: {
    mimeType: 'video/H264',
    payloadType: 96,
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
    rtcpFeedback,
  },
  vp8: { mimeType: 'video/VP8', payloadType: 98, clockRate: 90_000, rtcpFeedback },
  opus: { mimeType: 'audio/opus', payloadType: 97, clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 } },
} satisfies Record<string, RtpCodecParameters>;

export type FeedCodec = keyof typeof codecs;

export interface RtpFeedOptions {
  readonly trackId: string;
  readonly codec: FeedCodec;
  /** CNAME, the same for audio and video that belong together. */
  readonly cname: string;
}

/** Sends media that does not come by WebRTC into a room, where it is a publication like any other. */
export class RtpFeed {
  /** `keyframeRequest`: a viewer needs a keyframe. `closed`: by {@link close}, or with the room. */
  readonly observer = new EventEmitter<{ keyframeRequest: []; closed: [] }>();
  readonly publication: Publication;
  readonly #transport: DirectTransport;
  readonly #ssrc: number;
  readonly #payloadType: number;
  #packets = 0;
  #octets = 0;

  private constructor(transport: DirectTransport, publication: Publication, ssrc: number, payloadType: number) {
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
  static async open(router: RoomRouter, options: RtpFeedOptions): Promise<RtpFeed> {
    const codec = codecs[options.codec];
    const ssrc = randomInt(1, 2 ** 32);
    const kind: TrackType = options.codec === 'opus' ? 'audio' : 'video';
    const rtpParameters = { codecs: [codec], encodings: [{ ssrc }], rtcp: { cname: options.cname } };
    const transport = await router.createDirectTransport();
    try {
      const publication = new Publication(options.trackId, await transport.produce({ kind, rtpParameters }), []);
      const feed = new RtpFeed(transport, publication, ssrc, codec.payloadType);
      await router.addPublication(publication);
      return feed;
    } catch (error) {
      transport.close();
      throw error;
    }
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
