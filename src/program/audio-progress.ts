import type { ProgramSample } from '../media/sample.ts';

/** The audio that a sink has had. After a change of the video encoder the program repeats the audio of the next keyframe. */
export class AudioProgress {
  /** In samples of the program. */
  #end = 0;

  /** @returns whether the audio is new; from then on it is not */
  accept({ time, duration }: ProgramSample): boolean {
    if (time < this.#end) return false;
    this.#end = time + duration;
    return true;
  }

  /** Skips audio before this time. @param time in samples of the program */
  skipTo(time: number): void {
    this.#end = Math.max(this.#end, time);
  }
}
