import type { Endpoint } from './endpoint.ts';
import type { TrackOrigin } from './room-event.ts';
import type { Metadata, Track } from './track.ts';

/** Why a room ends the connection of a peer. */
export type CloseCause = 'peerRemoved' | 'peerCrashed' | 'roomClosed' | 'roomCrashed';

/** The open connection of a peer, as its room sees it. */
export interface PeerConnection {
  /** Idempotent. @param reason what the client is told beside the cause; absent or empty: nothing */
  close(cause: CloseCause, reason?: string): void;
}

/** A participant, created by a backend; its client connects with a token. */
export class Peer implements Endpoint {
  readonly id: string;
  readonly type = 'webrtc';
  /** Whether the peer may publish simulcast video. */
  readonly enableSimulcast: boolean;
  readonly tracks = new Map<string, Track>();
  readonly origin: TrackOrigin;
  /** Kept after a disconnect. */
  metadata: Metadata = null;
  /** Set while the peer's socket is authenticated and open. */
  connection: PeerConnection | undefined;
  /** Whether the client has sent `connect`. Until then the peer is not announced to the other endpoints. */
  joined = false;

  constructor(id: string, options: { enableSimulcast: boolean }) {
    this.id = id;
    this.enableSimulcast = options.enableSimulcast;
    this.origin = { peerId: id };
  }

  get status(): 'connected' | 'disconnected' {
    return this.connection ? 'connected' : 'disconnected';
  }
}
