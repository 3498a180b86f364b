import type { ProgramOutput } from '../output/program-output.ts';
import type { Room } from '../room/room.ts';

/** The part of a session that depends on its destination. */
export interface SessionTask {
  /** Checks before there is a room. @throws SessionFailure */
  prepare(): Promise<void>;
  open(room: Room): ProgramOutput;
  /** Work after the capture is complete, of any duration. @throws SessionFailure */
  finish(): Promise<void>;
}
