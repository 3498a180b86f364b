/** What the others are told of a peer. */
export interface PeerMetadata {
  readonly name?: string;
  readonly displayName?: string;
  readonly moderator?: boolean;
}

/** What the server gives to somebody who may join. */
export interface Invitation {
  /** Of the peer. */
  readonly token: string;
  /** What the others are told of this peer. */
  readonly metadata: PeerMetadata;
}

/** Why somebody could not join; its message is for the user. */
export class JoinError extends Error {
  override readonly name: string = 'JoinError';
}

/** The server does not admit, however often it is asked. */
export class RefusedError extends JoinError {
  override readonly name = 'RefusedError';
}
