import { FishjamClient, type Peer, type TrackContext } from '@fishjam-dev/ts-client';
import type { CallTexts } from './call-texts.ts';
import { type Invitation, JoinError, type PeerMetadata } from './invitation.ts';
import type { Device, LocalMedia } from './local-media.ts';

export interface TrackMetadata {
  readonly type?: string;
  /** False: muted; the track is still there. */
  readonly active?: boolean;
}

export type RemotePeer = Peer<PeerMetadata, TrackMetadata>;
export type PeerTrack = TrackContext<PeerMetadata, TrackMetadata>;

/** Shows what happens in the room. */
export interface CallView {
  /** @param isNew false: it was there before this one joined */
  peerJoined(peer: RemotePeer, isNew: boolean): void;
  peerUpdated(peer: RemotePeer): void;
  peerLeft(peer: RemotePeer): void;
  /** The media of a track can be played from now on. */
  trackReady(track: PeerTrack): void;
  trackUpdated(track: PeerTrack): void;
  trackRemoved(track: PeerTrack): void;
}

export interface CallOptions {
  readonly invitation: Invitation;
  readonly media: LocalMedia;
  readonly view: CallView;
  readonly texts: CallTexts;
  /** The server closed the connection, or it was lost. @param reason of the server, may be empty */
  readonly onEnd: (code: number, reason: string) => void;
  readonly onTrouble: (text: string) => void;
}

const simulcast = { enabled: true, activeEncodings: ['l' as const, 'm' as const, 'h' as const], disabledEncodings: [] };

/** This tab as a peer of the room, by the published SDK, from `connect` to `disconnect`. */
export class Call {
  readonly #options: CallOptions;
  readonly #client = new FishjamClient<PeerMetadata, TrackMetadata>();
  readonly #trackIds = new Map<Device | 'screen', Promise<string>>();
  #closed = false;

  private constructor(options: CallOptions) {
    this.#options = options;
  }

  /** Resolves when the peer has joined; its tracks are published afterwards. @throws JoinError with a text for the user */
  static async join(options: CallOptions): Promise<Call> {
    const call = new Call(options);
    await call.#connect();
    call.#publishDevice('microphone');
    call.#publishDevice('camera');
    return call;
  }

  setActive(device: Device, active: boolean): void {
    this.#options.media.setActive(device, active);
    this.#trackIds.get(device)?.then(
      (trackId) => !this.#closed && this.#client.updateTrackMetadata(trackId, this.#metadata(device)),
      () => undefined,
    );
  }

  /** Publishes a screen, until {@link hideScreen}. */
  showScreen(screen: MediaStream): void {
    const [track] = screen.getVideoTracks();
    if (track) this.#publish('screen', this.#client.addTrack(track, screen, { type: 'screenshare', active: true }));
  }

  /** Idempotent. */
  hideScreen(): void {
    const published = this.#trackIds.get('screen');
    this.#trackIds.delete('screen');
    published?.then((trackId) => (this.#closed ? undefined : this.#client.removeTrack(trackId))).catch(() => undefined);
  }

  setLayer(trackId: string, layer: 'l' | 'm' | 'h'): void {
    this.#client.setTargetTrackEncoding(trackId, layer);
  }

  statistics(): Promise<RTCStatsReport> {
    return this.#client.getStatistics();
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.removeAllListeners();
    this.#client.disconnect();
  }

  #connect(): Promise<void> {
    const { invitation, view, texts, onEnd, onTrouble } = this.#options;
    const client = this.#client;
    client.on('peerJoined', (peer) => view.peerJoined(peer, true));
    client.on('peerUpdated', (peer) => view.peerUpdated(peer));
    client.on('peerLeft', (peer) => view.peerLeft(peer));
    client.on('trackReady', (track) => view.trackReady(track));
    client.on('trackUpdated', (track) => view.trackUpdated(track));
    client.on('trackRemoved', (track) => view.trackRemoved(track));
    client.on('joinError', () => onTrouble(texts.mediaBlocked));
    return new Promise((resolve, reject) => {
      let joined = false;
      client.on('joined', (_peerId, peers) => {
        joined = true;
        for (const peer of peers) view.peerJoined(peer, false);
        resolve();
      });
      client.on('socketClose', ({ code, reason }) => {
        if (joined) return onEnd(code, reason);
        this.close();
        reject(new JoinError(texts.connectionClosed(reason)));
      });
      const protocol = location.protocol === 'https:' ? 'wss' : 'ws';
      const signaling = { protocol, host: location.host, path: '/socket/peer/websocket' };
      client.connect({ peerMetadata: invitation.metadata, token: invitation.token, signaling });
    });
  }

  #publishDevice(device: Device): void {
    const { media } = this.#options;
    const track = media.track(device);
    if (!track) return;
    const layers = device === 'camera' ? simulcast : undefined;
    this.#publish(device, this.#client.addTrack(track, media.stream, this.#metadata(device), layers));
  }

  #publish(what: Device | 'screen', added: Promise<string>): void {
    const { texts, onTrouble } = this.#options;
    this.#trackIds.set(what, added);
    added.catch((error: unknown) => {
      if (this.#closed) return;
      console.warn(error);
      onTrouble(texts.notPublished[what]);
    });
  }

  #metadata(device: Device): TrackMetadata {
    return { type: device, active: this.#options.media.isActive(device) };
  }
}
