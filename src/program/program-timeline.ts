import { type ProgramFormat, type ProgramSample, type ProgramStart, timescale } from '../media/sample.ts';

/** Places what one worker after another makes on one timeline, which goes on where the wall clock is. */
export class ProgramTimeline {
  #start: ProgramStart | undefined;
  #epoch = -1;
  /** Ms from the start of the program to that of the worker. */
  #offset = 0;
  /** End of the program so far, in ms. */
  #end = 0;
  #interrupted = true;

  /** The next format is another worker's. */
  interrupt(): void {
    this.#interrupted = true;
  }

  format(format: ProgramFormat, start: ProgramStart): { format: ProgramFormat; start: ProgramStart } {
    this.#start ??= start;
    this.#epoch += 1;
    if (this.#interrupted) this.#offset = this.#offsetOf(start, this.#start);
    this.#interrupted = false;
    return { format: { ...format, epoch: this.#epoch }, start: { ...this.#start, grid: this.#offset } };
  }

  sample(sample: ProgramSample): ProgramSample {
    const ticksPerMs = timescale[sample.kind] / 1000;
    const time = sample.time + this.#offset * ticksPerMs;
    this.#end = Math.max(this.#end, (time + sample.duration) / ticksPerMs);
    return this.#offset === 0 ? sample : { ...sample, time };
  }

  /** Whole ms, and never back: clocks may be set. */
  #offsetOf(start: ProgramStart, first: ProgramStart): number {
    return Math.max(Math.round(start.wallClock - first.wallClock), Math.ceil(this.#end));
  }
}
