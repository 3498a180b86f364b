import type { Credentials } from '../net/digest-authentication.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { Participant } from './participants.ts';
import type { TimeLimits } from './session-limits.ts';

/** What a recorder is to do. */
export interface SessionRequest {
  /** The caller's; need not be unique. */
  readonly id: string;
  /** A room, or the name of one to be found or made. Undefined: a room of another server, so the session fails to join it. */
  readonly room: Room<RoomRouter> | string | undefined;
  readonly destination: Destination;
  readonly limits: TimeLimits;
}

/** Where the program of the room goes. */
export type Destination = FileDestination | StreamDestination | GatewayDestination;

/** An MP4 file in a directory that is named after the session. */
export interface FileDestination {
  readonly kind: 'file';
  /** What the file is called after, whatever its characters. */
  readonly name: string;
  /** What the finish steps are told of the recording. @param participants everybody who was there so far */
  readonly metadata: (participants: readonly Participant[]) => Readonly<Record<string, unknown>>;
}

/** An RTMP server. */
export interface StreamDestination {
  readonly kind: 'stream';
  /** A secret. */
  readonly url: string;
  readonly credentials?: Credentials;
}

/** A call to the telephone world. */
export interface GatewayDestination {
  readonly kind: 'gateway';
  /** `user@host`, possibly with a scheme. */
  readonly sipAddress: string;
}
