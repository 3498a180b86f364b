import type { EventEmitter } from 'node:events';
import type { ProgramSink } from '../media/sample.ts';

/** Why an output has failed. The message contains no secrets. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /**
   * `refused`: the other side refuses it, and will again; `broken`: the connection was lost; `storage`: the disk failed; `program`: the room
   * cannot be composed.
   */
  readonly kind: 'refused' | 'broken' | 'storage' | 'program';

  constructor(kind: OutputError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** An output of a room's program: a file, a stream, or another server. */
export interface ProgramOutput {
  readonly sink: ProgramSink;
  /** `running`: emitted once, when the first data has arrived at its destination. `failed`: emitted at most once. */
  readonly observer: EventEmitter<{ running: []; failed: [OutputError] }>;
  /** Completes the output. To be called when the sink has got its end. Idempotent. */
  close(): Promise<void>;
}
