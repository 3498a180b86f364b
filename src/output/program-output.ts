import type { EventEmitter } from 'node:events';
import type { ProgramSink } from '../media/sample.ts';

/** Why an output cannot go on. The message holds no secret. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /**
   * `refused`: the other side does not want it, ever; `broken`: it was lost; `storage`: the disk does not take it; `program`: the room
   * cannot be composed.
   */
  readonly kind: 'refused' | 'broken' | 'storage' | 'program';

  constructor(kind: OutputError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What the program of a room goes out to: a file, or a server of somebody else. */
export interface ProgramOutput {
  readonly sink: ProgramSink;
  /** `running`: the first of the program has arrived where it belongs, once. `failed`: it is over, once. */
  readonly observer: EventEmitter<{ running: []; failed: [OutputError] }>;
  /** Once the sink has got its end: completes what there is. Idempotent. */
  close(): Promise<void>;
}
