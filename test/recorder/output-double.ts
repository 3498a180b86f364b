import { EventEmitter } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { ProgramSink } from '../../src/media/sample.ts';
import type { OutputError, ProgramOutput } from '../../src/output/program-output.ts';
import type { StreamDestination } from '../../src/recorder/session-request.ts';

type Target = Pick<StreamDestination, 'url' | 'credentials'>;

/** What a session writes to; the test says when it runs and fails. */
export class OutputDouble implements ProgramOutput {
  readonly observer = new EventEmitter<{ running: []; failed: [OutputError] }>();
  readonly path: string | undefined;
  readonly target: Target | undefined;
  readonly sink: ProgramSink = { format() {}, sample: () => void this.#arrive(), end() {} };
  closed = false;
  #written = false;
  /** Held back by a test. */
  closing: Promise<void> = Promise.resolve();

  constructor(path: string | undefined, target: Target | undefined) {
    this.path = path;
    this.target = target;
  }

  async close(): Promise<void> {
    await this.closing;
    if (this.path !== undefined && this.#written) await writeFile(this.path, 'moving pictures');
    this.closed = true;
  }

  #arrive(): void {
    if (this.#written) return;
    this.#written = true;
    this.observer.emit('running');
  }
}
