import { EventEmitter } from 'node:events';
import type {
  DtlsFingerprint,
  DtlsParameters,
  DtlsRole,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  WebRtcTransport,
} from 'mediasoup/types';
import type { Encoding, TrackType } from '../room/track.ts';
import type { EgressNumbers } from './egress-remap.ts';
import { withEgress } from './egress-remap.ts';
import type { H264Format } from './h264-format.ts';
import { Publication } from './publication.ts';
import { Subscription } from './subscription.ts';

/** Parameters of a track that a client sends on one m-line. */
export interface IncomingTrack {
  readonly trackId: string;
  readonly kind: TrackType;
  readonly rtpParameters: RtpParameters;
  /** Simulcast layers, lowest first; empty without simulcast. */
  readonly encodings: readonly Encoding[];
  readonly h264?: H264Format | undefined;
}

/** Parameters of a track that a client receives on one m-line. */
export interface OutgoingTrack {
  readonly publication: Publication;
  readonly mid: string;
  /** The router's capabilities with the router's numbers, reduced to what the m-line offers. */
  readonly rtpCapabilities: RtpCapabilities;
  /** The numbers that the client's offer assigned. */
  readonly numbers: EgressNumbers;
  readonly rtx: boolean;
  /** The simulcast layer to start with. */
  readonly target: Encoding;
}

export interface PeerTransportEvents {
  /** The available outgoing bitrate has changed, in bit/s. */
  bandwidth: [number];
  /** The client's address has changed, to this port: ICE has connected or an ICE restart has taken effect. */
  tuple: [remotePort: number];
  closed: [];
}

/** What a transport belongs to. */
export interface TransportOwner {
  addPublication(publication: Publication): Promise<void>;
  /** Called at the last moment at which the transport can be asked for its counters. */
  transportClosing(transport: PeerTransport): void;
}

/** The WebRTC transport of one peer, for both directions. */
export class PeerTransport {
  readonly observer = new EventEmitter<PeerTransportEvents>();
  readonly peerId: string;
  /** The last SDP offer and answer, for the metrics report. */
  negotiated: { readonly offer: string; readonly answer: string } | undefined;
  /** The last available outgoing bitrate, in bit/s. */
  bandwidth: number | undefined;
  readonly publications = new Map<string, Publication>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly #owner: TransportOwner;
  readonly #transport: WebRtcTransport;
  #dtlsRole: Exclude<DtlsRole, 'auto'> | undefined;

  constructor(peerId: string, owner: TransportOwner, transport: WebRtcTransport) {
    this.peerId = peerId;
    this.#owner = owner;
    this.#transport = transport;
    transport.on('iceselectedtuplechange', ({ remotePort }) => this.observer.emit('tuple', remotePort as number));
    transport.on('trace', (trace) => {
      if (trace.type !== 'bwe') return;
      this.bandwidth = Number((trace.info as { availableBitrate?: number }).availableBitrate);
      this.observer.emit('bandwidth', this.bandwidth);
    });
    transport.observer.once('close', () => this.observer.emit('closed'));
  }

  get closed(): boolean {
    return this.#transport.closed;
  }

  get iceParameters(): IceParameters {
    return this.#transport.iceParameters;
  }

  get iceCandidates() {
    return this.#transport.iceCandidates;
  }

  get fingerprints(): DtlsFingerprint[] {
    return this.#transport.dtlsParameters.fingerprints;
  }

  /**
   * The protection profile of SRTP that was negotiated, by its name of RFC 7714 section 14.2 or RFC 5764 section 4.1.2 without `SRTP_`;
   * undefined while DTLS is not connected. The patched media worker writes it before the client's certificate.
   */
  get srtpProfile(): string | undefined {
    if (this.#transport.dtlsState !== 'connected') return undefined;
    return /^SRTP profile: (\w+)$/m.exec(this.#transport.dtlsRemoteCert ?? '')?.[1] ?? 'unknown';
  }

  /** The role of this side in the DTLS handshake, the same for its whole life; undefined before {@link connect}. */
  get dtlsRole(): Exclude<DtlsRole, 'auto'> | undefined {
    return this.#dtlsRole;
  }

  /** Starts DTLS: in the server role, unless the client is `passive`. Further calls do nothing. */
  async connect(fingerprint: DtlsFingerprint, passive = false): Promise<void> {
    if (this.#dtlsRole) return;
    this.#dtlsRole = passive ? 'client' : 'server';
    const role = passive ? 'server' : 'client';
    const dtlsParameters = { role, fingerprints: [fingerprint] } satisfies DtlsParameters;
    await Promise.all([this.#transport.connect({ dtlsParameters }), this.#transport.enableTraceEvent(['bwe'])]);
  }

  /** Creates new ICE credentials; the DTLS session is kept. */
  async restartIce(): Promise<void> {
    await this.#transport.restartIce();
  }

  /** Rejects when the media worker refuses the track, or when the transport is closed meanwhile. */
  async publish(track: IncomingTrack): Promise<Publication> {
    const { kind, rtpParameters, encodings, h264 } = track;
    const producer = await this.#transport.produce({ kind, rtpParameters });
    // mediasoup closes those producers only that it had when the transport was closed
    if (this.closed) {
      producer.close();
      throw new Error('The transport was closed');
    }
    const publication = new Publication(track.trackId, producer, encodings, h264);
    this.publications.set(track.trackId, publication);
    producer.observer.once('close', () => {
      if (this.publications.get(track.trackId) === publication) this.publications.delete(track.trackId);
    });
    await this.#owner.addPublication(publication);
    return publication;
  }

  /** Forwards a publication to the peer, paused until {@link Subscription.resume}. */
  async subscribe(track: OutgoingTrack): Promise<Subscription> {
    const { publication, target } = track;
    const spatialLayer = publication.encodings.indexOf(target);
    const consumer = await this.#transport.consume({
      producerId: publication.producer.id,
      rtpCapabilities: withEgress(track.rtpCapabilities, track.numbers),
      paused: true,
      mid: track.mid,
      enableRtx: track.rtx,
      ...(spatialLayer >= 0 ? { preferredLayers: { spatialLayer } } : {}),
    });
    const subscription = new Subscription(publication, consumer, target);
    this.subscriptions.set(publication.trackId, subscription);
    consumer.observer.once('close', () => {
      if (this.subscriptions.get(publication.trackId) === subscription) {
        this.subscriptions.delete(publication.trackId);
      }
    });
    return subscription;
  }

  /** ICE and transport statistics of mediasoup. */
  async stats() {
    const [stats] = await this.#transport.getStats();
    return stats;
  }

  /** Closes its publications and subscriptions, too. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.#owner.transportClosing(this);
    this.#transport.close();
  }
}
