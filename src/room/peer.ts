import type { Endpoint } from './endpoint.ts';
import type { TrackOrigin } from './room-event.ts';
import type { Metadata, ServerMetadata, Track } from './track.ts';

/** Why a room ends the connection of a peer. */
export type CloseCause = 'peerRemoved' | 'peerCrashed' | 'roomClosed' | 'roomCrashed';

/** The open connection of a peer, as its room sees it. */
export interface PeerConnection {
  /** Idempotent. @param reason what the client is told beside the cause; absent or empty: nothing */
  close(cause: CloseCause, reason?: string): void;
}

export interface PeerOptions {
  readonly enableSimulcast: boolean;
  readonly serverMetadata?: ServerMetadata | undefined;
}

/** A participant, created by a backend; its client connects with a token. */
export class Peer implements Endpoint {
  readonly id: string;
  readonly type = 'webrtc';
  /** Whether the peer may publish simulcast video. */
  readonly enableSimulcast: boolean;
  readonly tracks = new Map<string, Track>();
  readonly origin: TrackOrigin;
  /** What the server says of it: its client can say nothing else of these members. */
  readonly serverMetadata: ServerMetadata | undefined;
  /** Kept after a disconnect. */
  metadata: Metadata;
  /** Set while the peer's socket is authenticated and open. */
  connection: PeerConnection | undefined;
  /** Whether the client has sent `connect`. Until then the peer is not announced to the other endpoints. */
  joined = false;

  constructor(id: string, options: PeerOptions) {
    this.id = id;
    this.enableSimulcast = options.enableSimulcast;
    this.serverMetadata = options.serverMetadata;
    this.metadata = options.serverMetadata ?? null;
    this.origin = { peerId: id };
  }

  /** The metadata of a client with what the server says. */
  completed(metadata: Metadata): Metadata {
    const { serverMetadata } = this;
    if (!serverMetadata) return metadata;
    const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
    return isObject ? { ...metadata, ...serverMetadata } : serverMetadata;
  }

  get status(): 'connected' | 'disconnected' {
    return this.connection ? 'connected' : 'disconnected';
  }
}
