import { EventEmitter } from 'node:events';
import type { PlainTransport } from 'mediasoup/types';
import { type Feed, type FeedStream, publishFeed } from './feed.ts';
import type { FeedOptions } from './feed-codec.ts';
import type { Publication } from './publication.ts';
import type { RoomRouter } from './room-router.ts';

/** Media of another process of this host, sent into a room as RTP over UDP, RTCP to the same port; a publication like any other. */
export class UdpFeed implements Feed {
  /** `closed`: by {@link close}, or with the room. */
  readonly observer = new EventEmitter<{ closed: [] }>();
  readonly publication: Publication;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly #transport: PlainTransport;

  private constructor(transport: PlainTransport, { publication, ssrc, payloadType }: FeedStream) {
    this.#transport = transport;
    this.publication = publication;
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    transport.observer.once('close', () => this.observer.emit('closed'));
  }

  /** Opens a feed, which receives nothing until {@link connect}. Rejects when the room is closed or does not accept the codec. */
  static async open(router: RoomRouter, options: FeedOptions): Promise<UdpFeed> {
    const transport = await router.createPlainTransport();
    return new UdpFeed(transport, await publishFeed(router, transport, options));
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  /** The room receives on this port of 127.0.0.1. */
  get port(): number {
    return this.#transport.tuple.localPort;
  }

  /** Accepts packets from this port of 127.0.0.1 only, none before. To be called once; does nothing once the feed is closed. */
  async connect(port: number): Promise<void> {
    if (this.closed) return;
    await this.#transport.connect({ ip: '127.0.0.1', port });
  }

  /** Idempotent. */
  close(): void {
    this.#transport.close();
  }
}
