import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';

/** The part of a session that depends on its destination. */
export interface SessionTask {
  /** Checks before there is a room. @throws SessionFailure */
  prepare(): Promise<void>;
  /** Begins in the room of the session. @throws SessionFailure */
  open(room: Room<RoomRouter>, observer: CaptureObserver): Promise<SessionCapture>;
  /** Work after the capture is complete, of any duration. @throws SessionFailure */
  finish(): Promise<void>;
}
