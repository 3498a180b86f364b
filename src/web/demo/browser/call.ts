import { FishjamClient, type Peer, type TrackContext } from '@fishjam-dev/ts-client';
import { type Invitation, JoinError } from './invitation.ts';
import type { Device, LocalMedia } from './local-media.ts';

export interface PeerMetadata {
  readonly name?: string;
}

export interface TrackMetadata {
  readonly type?: string;
  /** False: muted; the track is still there. */
  readonly active?: boolean;
}

export type RemotePeer = Peer<PeerMetadata, TrackMetadata>;
export type PeerTrack = TrackContext<PeerMetadata, TrackMetadata>;

/** Shows what happens in the room. */
export interface CallView {
  peerJoined(peer: RemotePeer): void;
  peerUpdated(peer: RemotePeer): void;
  peerLeft(peer: RemotePeer): void;
  /** The media of a track can be played from now on. */
  trackReady(track: PeerTrack): void;
  trackUpdated(track: PeerTrack): void;
  trackRemoved(track: PeerTrack): void;
}

export interface CallOptions {
  readonly invitation: Invitation;
  readonly name: string;
  readonly media: LocalMedia;
  readonly view: CallView;
  /** The server closed the connection, or it was lost. @param reason of the server, may be empty */
  readonly onEnd: (code: number, reason: string) => void;
  readonly onTrouble: (text: string) => void;
}

const simulcast = { enabled: true, activeEncodings: ['l' as const, 'm' as const, 'h' as const], disabledEncodings: [] };

/** This tab as a peer of the room, by the published SDK, from `connect` to `disconnect`. */
export class Call {
  readonly #options: CallOptions;
  readonly #client = new FishjamClient<PeerMetadata, TrackMetadata>();
  readonly #trackIds = new Map<Device, Promise<string>>();
  #closed = false;

  private constructor(options: CallOptions) {
    this.#options = options;
  }

  /** Resolves when the peer has joined; its tracks are published afterwards. @throws JoinError with a text for the user */
  static async join(options: CallOptions): Promise<Call> {
    const call = new Call(options);
    await call.#connect();
    call.#publish('microphone');
    call.#publish('camera');
    return call;
  }

  setActive(device: Device, active: boolean): void {
    this.#options.media.setActive(device, active);
    this.#trackIds.get(device)?.then(
      (trackId) => !this.#closed && this.#client.updateTrackMetadata(trackId, this.#metadata(device)),
      () => undefined,
    );
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
    const { invitation, name, view, onEnd, onTrouble } = this.#options;
    const client = this.#client;
    client.on('peerJoined', (peer) => view.peerJoined(peer));
    client.on('peerUpdated', (peer) => view.peerUpdated(peer));
    client.on('peerLeft', (peer) => view.peerLeft(peer));
    client.on('trackReady', (track) => view.trackReady(track));
    client.on('trackUpdated', (track) => view.trackUpdated(track));
    client.on('trackRemoved', (track) => view.trackRemoved(track));
    client.on('joinError', () => onTrouble('No media reaches the server: a firewall may block it.'));
    return new Promise((resolve, reject) => {
      let joined = false;
      client.on('joined', (_peerId, peers) => {
        joined = true;
        for (const peer of peers) view.peerJoined(peer);
        resolve();
      });
      client.on('socketClose', ({ code, reason }) => {
        if (joined) return onEnd(code, reason);
        this.close();
        reject(new JoinError(`The server closed the connection${reason && `: ${reason}`}.`));
      });
      const protocol = location.protocol === 'https:' ? 'wss' : 'ws';
      const signaling = { protocol, host: location.host, path: '/socket/peer/websocket' };
      client.connect({ peerMetadata: { name }, token: invitation.token, signaling });
    });
  }

  #publish(device: Device): void {
    const { media, onTrouble } = this.#options;
    const track = media.track(device);
    if (!track) return;
    const added =
      device === 'camera'
        ? this.#client.addTrack(track, media.stream, this.#metadata(device), simulcast)
        : this.#client.addTrack(track, media.stream, this.#metadata(device));
    this.#trackIds.set(device, added);
    added.catch((error: unknown) => {
      if (!this.#closed) onTrouble(`Your ${device} could not be published: ${String(error)}`);
    });
  }

  #metadata(device: Device): TrackMetadata {
    return { type: device, active: this.#options.media.isActive(device) };
  }
}
