import type { ProgramOutput } from '../output/program-output.ts';
import type { Room } from '../room/room.ts';

/** What a session makes of a room's program. */
export interface SessionTask {
  /** What can be known before there is a room. @throws SessionFailure */
  prepare(): Promise<void>;
  open(room: Room): ProgramOutput;
  /** What remains to be done once the capture is complete, for as long as it takes. @throws SessionFailure */
  finish(): Promise<void>;
}
