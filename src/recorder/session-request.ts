import type { Credentials } from '../net/credentials.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { Participant } from './participants.ts';
import type { TimeLimits } from './session-limits.ts';

/** A request for a recorder session. */
export interface SessionRequest {
  /** Id given by the caller; need not be unique. */
  readonly id: string;
  /** A room, or the id of one to be found or created. Undefined: a room of another server, which the session fails to join. */
  readonly room: Room<RoomRouter> | string | undefined;
  readonly destination: Destination;
  readonly limits: TimeLimits;
}

/** The destination of the room's program. */
export type Destination = FileDestination | StreamDestination | GatewayDestination;

/** An MP4 file in a directory that is named after the session. */
export interface FileDestination {
  readonly kind: 'file';
  /** Base of the file name, with any characters. */
  readonly name: string;
  /** Metadata for the finish steps. @param participants all participants so far */
  readonly metadata: (participants: readonly Participant[]) => Readonly<Record<string, unknown>>;
}

/** An RTMP server. */
export interface StreamDestination {
  readonly kind: 'stream';
  /** A secret. */
  readonly url: string;
  readonly credentials?: Credentials;
}

/** A SIP call. */
export interface GatewayDestination {
  readonly kind: 'gateway';
  /** `user@host`, possibly with a scheme. */
  readonly sipAddress: string;
}
