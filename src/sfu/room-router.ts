import { EventEmitter } from 'node:events';
import type { DirectTransport, PlainTransport, Router, RtpCapabilities, WebRtcTransportOptions } from 'mediasoup/types';
import { PeerTransport, type TransportOwner } from './peer-transport.ts';
import type { Publication } from './publication.ts';
import { VoiceActivity } from './voice-activity.ts';

/** Outgoing estimate to start from, in bit/s: enough for a medium layer at once. */
const initialOutgoingBitrate = 1_000_000;

export type ListenOptions = Pick<WebRtcTransportOptions, 'listenInfos' | 'webRtcServer'>;

/** The media plane of one room: a mediasoup router and what hangs on it. */
export class RoomRouter implements TransportOwner {
  /** `transportClosing`: the last moment at which the transport can be asked for its counters. */
  readonly observer = new EventEmitter<{ transportClosing: [PeerTransport] }>();
  readonly publications = new Map<string, Publication>();
  /** By peer id. */
  readonly transports = new Map<string, PeerTransport>();
  readonly voiceActivity: VoiceActivity;
  /** Addresses to offer as ICE candidates, best first. */
  readonly candidateAddresses: readonly string[];
  readonly #router: Router;
  readonly #listen: ListenOptions;

  constructor(router: Router, listen: ListenOptions, candidateAddresses: readonly string[]) {
    this.#router = router;
    this.#listen = listen;
    this.candidateAddresses = candidateAddresses;
    this.voiceActivity = new VoiceActivity(router);
  }

  get rtpCapabilities(): RtpCapabilities {
    return this.#router.rtpCapabilities;
  }

  get closed(): boolean {
    return this.#router.closed;
  }

  /** @throws when no media port is free. */
  async createTransport(peerId: string): Promise<PeerTransport> {
    const created = await this.#router.createWebRtcTransport({
      ...this.#listen,
      enableUdp: true,
      enableTcp: this.#listen.webRtcServer !== undefined,
      preferUdp: true,
      initialAvailableOutgoingBitrate: initialOutgoingBitrate,
    } as WebRtcTransportOptions);
    const transport = new PeerTransport(peerId, this, created);
    this.transports.set(peerId, transport);
    created.observer.once('close', () => {
      if (this.transports.get(peerId) === transport) this.transports.delete(peerId);
    });
    return transport;
  }

  /** For media that enters or leaves through this process. */
  async createDirectTransport(): Promise<DirectTransport> {
    return await this.#router.createDirectTransport();
  }

  /** For media that goes to another process on this host. @throws when the room is closed */
  async createPlainTransport(): Promise<PlainTransport> {
    return await this.#router.createPlainTransport({
      listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
      rtcpMux: true,
      comedia: false,
    });
  }

  async addPublication(publication: Publication): Promise<void> {
    const { trackId, producer } = publication;
    this.publications.set(trackId, publication);
    producer.observer.once('close', () => {
      if (this.publications.get(trackId) === publication) this.publications.delete(trackId);
    });
    if (publication.kind === 'audio') await this.voiceActivity.add(publication);
  }

  transportClosing(transport: PeerTransport): void {
    this.observer.emit('transportClosing', transport);
  }

  /** Idempotent; everything on the router closes with it. */
  close(): void {
    for (const transport of this.transports.values()) transport.close();
    this.#router.close();
  }
}
