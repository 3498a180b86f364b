import type { GatewayCallOptions } from '../component/sip/gateway-call.ts';
import type { RequestedStream } from '../output/rtmp/rtmp-target.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { Participant } from './participants.ts';
import type { TimeLimits } from './session-limits.ts';

/** A request for a recorder session. */
export interface SessionRequest {
  /** Id given by the caller; need not be unique. */
  readonly id: string;
  /** A room, or one to be found or created. Undefined: a room of another server, which the session fails to join. */
  readonly room: Room<RoomRouter> | CallRoom | undefined;
  readonly destination: Destination;
  readonly limits: TimeLimits;
}

/** How the room of a call is found. */
export interface CallRoom {
  /** Also the id of a room that is created. */
  readonly id: string;
  readonly tenant?: CallTenant | undefined;
}

/** The owner of a call. Calls of two tenants are two rooms, whatever their names are. */
export interface CallTenant {
  readonly name: string;
  /** Id of a room that is taken when there is none with the id of the call. */
  readonly bareId: string;
  /** Id that is created in place of the id of the call while another tenant uses that. */
  readonly distinctId: string;
}

/** The destination of the room's program, or the telephone that is brought into the room. */
export type Destination = FileDestination | StreamDestination | GatewayDestination;

/** An MP4 file in a directory that is named after the session. */
export interface FileDestination {
  readonly kind: 'file';
  /** What the directory is named after in place of the id of the session. */
  readonly directory?: string;
  /** Base of the file name, with any characters. */
  readonly name: string;
  /** Metadata for the finish steps. @param participants all participants so far */
  readonly metadata: (participants: readonly Participant[]) => Readonly<Record<string, unknown>>;
}

/** An RTMP server. */
export interface StreamDestination extends RequestedStream {
  readonly kind: 'stream';
}

/** A SIP call. */
export interface GatewayDestination {
  readonly kind: 'gateway';
  /** As the caller wrote it. */
  readonly sipAddress: string;
  readonly call: GatewayCallOptions;
  /** Time within which a call must have come in, in ms; undefined: no limit, or the call goes out. */
  readonly answerTimeout?: number;
}
