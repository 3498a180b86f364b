import { type ProgramFormat, type ProgramSample, type ProgramStart, timescale } from '../media/sample.ts';

/** Maps the output of successive composers to one timeline, which follows the wall clock between them. */
export class ProgramTimeline {
  #start: ProgramStart | undefined;
  #epoch = -1;
  /** Start of the composer's output on the program's timeline, in ms. */
  #offset = 0;
  /** End of the program so far, in ms. */
  #end = 0;
  #interrupted = true;

  /** Whether the next format is that of another composer. */
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

  /** In whole ms, and never decreasing: the wall clock may be set back. */
  #offsetOf(start: ProgramStart, first: ProgramStart): number {
    return Math.max(Math.round(start.wallClock - first.wallClock), Math.ceil(this.#end));
  }
}
