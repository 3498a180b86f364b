import { EventEmitter, once } from 'node:events';
import type { ProgramFormat, ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import type { ReceivedProgram } from '../workers/composer/running-composer.ts';

/** Keeps a program, to be decoded. */
export class KeptProgram implements ProgramSink {
  readonly received: ReceivedProgram[] = [];
  readonly #events = new EventEmitter<{ sample: [] }>();
  /** How far it has come, in ms. */
  position = 0;

  format(format: ProgramFormat): void {
    this.received.push({ format, samples: [] });
  }

  sample(sample: ProgramSample): void {
    this.received.at(-1)?.samples.push(sample);
    if (sample.kind === 'video') this.position = (sample.time + sample.duration) / 90;
    this.#events.emit('sample');
  }

  end(): void {}

  /** @param duration of the program, in ms */
  async play(duration: number): Promise<void> {
    for (const end = this.position + duration; this.position < end; ) await once(this.#events, 'sample');
  }
}
