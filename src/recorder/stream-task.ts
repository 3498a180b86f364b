import type { ProgramOutput } from '../output/program-output.ts';
import { failures } from './session-error.ts';
import type { SessionTask } from './session-task.ts';
import { isAllowedTarget, type StreamTarget } from './stream-target.ts';

export interface StreamTaskOptions {
  readonly target: StreamTarget;
  /** Regular expressions. */
  readonly allowList: readonly string[];
  readonly openStream: (target: StreamTarget) => ProgramOutput;
  /** A target as it may be shown. */
  readonly redact: (url: string) => string;
}

/** Streams a room to an RTMP server: docs/contracts/jibri.md 7. */
export class StreamTask implements SessionTask {
  readonly #options: StreamTaskOptions;

  constructor(options: StreamTaskOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { target, allowList, redact } = this.#options;
    if (!isAllowedTarget(target, allowList)) throw failures.targetNotAllowed(redact(target.url));
  }

  open(): ProgramOutput {
    return this.#options.openStream(this.#options.target);
  }

  /** Nothing is left behind. */
  async finish(): Promise<void> {}
}
