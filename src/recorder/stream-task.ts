import type { ProgramOutput } from '../output/program-output.ts';
import { isAllowedTarget, redactedRtmpUrl } from '../output/rtmp/rtmp-target.ts';
import { SessionFailure } from './session-failure.ts';
import type { StreamDestination } from './session-request.ts';
import type { SessionTask } from './session-task.ts';

export interface StreamTaskOptions {
  readonly destination: StreamDestination;
  /** Regular expressions. */
  readonly allowList: readonly string[];
  readonly openStream: (destination: StreamDestination) => ProgramOutput;
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

  open(): ProgramOutput {
    return this.#options.openStream(this.#options.destination);
  }

  /** Nothing remains to be done. */
  async finish(): Promise<void> {}
}
