import type { ProgramSample } from '../media/sample.ts';

/** Which audio of a program a sink has had: under another video encoder the program repeats the audio that belongs to the next keyframe. */
export class AudioProgress {
  /** In samples of the program. */
  #end = 0;

  /** @returns whether the audio is new; it counts as had from then on */
  accept({ time, duration }: ProgramSample): boolean {
    if (time < this.#end) return false;
    this.#end = time + duration;
    return true;
  }

  /** Audio that begins earlier counts as had. @param time in samples of the program */
  skipTo(time: number): void {
    this.#end = Math.max(this.#end, time);
  }
}
