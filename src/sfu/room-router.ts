import { EventEmitter } from 'node:events';
import type {
  DirectTransport,
  PlainTransport,
  Router,
  RtpCapabilities,
  WebRtcTransport,
  WebRtcTransportOptions,
} from 'mediasoup/types';
import { PeerTransport, type TransportOwner } from './peer-transport.ts';
import type { Publication } from './publication.ts';
import { VoiceActivity } from './voice-activity.ts';

/** Initial available outgoing bitrate, in bit/s: enough for a medium layer. */
const initialOutgoingBitrate = 1_000_000;

/** What the media worker says when the range of media ports is used up. */
const portsUsedUp = /no more available ports/;

/** No media port is free. */
export class MediaPortError extends Error {
  override readonly name = 'MediaPortError';
}

export type ListenOptions = Pick<WebRtcTransportOptions, 'listenInfos' | 'webRtcServer'>;

/** The media plane of one room: a mediasoup router with its transports and publications. */
export class RoomRouter implements TransportOwner {
  /** `transportClosing`: emitted before the transport closes, so that its statistics can still be read. */
  readonly observer = new EventEmitter<{ transportClosing: [PeerTransport] }>();
  readonly publications = new Map<string, Publication>();
  /** By peer id. */
  readonly transports = new Map<string, PeerTransport>();
  readonly voiceActivity: VoiceActivity;
  /** The addresses to offer as ICE candidates, best first. */
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

  /** Opens the transport of a peer. @throws {MediaPortError} */
  async createTransport(peerId: string): Promise<PeerTransport> {
    const created = await this.#createTransport();
    const transport = new PeerTransport(peerId, this, created);
    this.transports.set(peerId, transport);
    created.observer.once('close', () => {
      if (this.transports.get(peerId) === transport) this.transports.delete(peerId);
    });
    return transport;
  }

  async #createTransport(): Promise<WebRtcTransport> {
    try {
      return await this.#router.createWebRtcTransport({
        ...this.#listen,
        enableUdp: true,
        enableTcp: this.#listen.webRtcServer !== undefined,
        preferUdp: true,
        initialAvailableOutgoingBitrate: initialOutgoingBitrate,
      } as WebRtcTransportOptions);
    } catch (cause) {
      if (!portsUsedUp.test(String(cause))) throw cause;
      throw new MediaPortError('No media port is free', { cause });
    }
  }

  /** Opens a transport for media that enters or leaves through this process. */
  async createDirectTransport(): Promise<DirectTransport> {
    return await this.#router.createDirectTransport();
  }

  /** Opens a transport for media to another process on this host. Rejects when the room is closed. */
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

  /** Closes everything on the router, too. Idempotent. */
  close(): void {
    for (const transport of this.transports.values()) transport.close();
    this.#router.close();
  }
}
