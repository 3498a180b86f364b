import type { ProgramOutput } from '../output/program-output.ts';
import { isAllowedTarget, redactedRtmpUrl } from '../output/rtmp/rtmp-target.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { CaptureProgram } from './program-capture.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { SessionFailure } from './session-failure.ts';
import type { StreamDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

export interface StreamTaskOptions {
  readonly destination: StreamDestination;
  /** Regular expressions. */
  readonly allowList: readonly string[];
  readonly openStream: (destination: StreamDestination) => ProgramOutput;
  readonly capture: CaptureProgram;
}

/** Streams a room to an RTMP server. */
export class StreamTask implements SessionTask {
  readonly #options: StreamTaskOptions;

  constructor(options: StreamTaskOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { destination, allowList } = this.#options;
    if (isAllowedTarget(destination.url, allowList)) return;
    throw new SessionFailure('targetNotAllowed', redactedRtmpUrl(destination.url, destination.streamKey));
  }

  async open(room: Room<RoomRouter>, observer: CaptureObserver): Promise<SessionCapture> {
    const { openStream, destination, capture } = this.#options;
    return capture({ room, output: openStream(destination), observer });
  }

  /** Nothing remains to be done. */
  async finish(): Promise<void> {}
}
