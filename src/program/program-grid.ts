export interface ProgramGridOptions {
  /** Ticks per second: frames, if none is left out. */
  readonly frameRate: number;
  /** From one keyframe to the next, in ms. */
  readonly keyframeInterval: number;
  /** Parts should not be longer, in ms. Undefined: there are none. */
  readonly partDuration?: number;
}

/**
 * The ticks of a program at which a frame begins in any case, however many are left out: each tick that a part of HLS begins with,
 * and so each that a keyframe comes at. Encoder and packager count alike, so that parts and segments are never too long nor too short.
 * Ticks count from the start of the program.
 */
export class ProgramGrid {
  /** Ticks from one keyframe to the next. */
  readonly group: number;
  /** Ticks of a part. The first of a group has what the others leave over. */
  readonly part: number;

  constructor({ frameRate, keyframeInterval, partDuration = keyframeInterval }: ProgramGridOptions) {
    this.group = Math.max(1, Math.floor((frameRate * keyframeInterval) / 1000));
    const most = Math.max(1, Math.floor((frameRate * partDuration) / 1000));
    this.part = Math.ceil(this.group / Math.ceil(this.group / most));
  }

  isKeyframe(tick: number): boolean {
    return tick % this.group === 0;
  }

  /** The first keyframe after a tick. */
  nextKeyframe(tick: number): number {
    return (Math.floor(tick / this.group) + 1) * this.group;
  }

  /** The first beginning of a part after a tick. */
  nextPart(tick: number): number {
    const keyframe = this.nextKeyframe(tick);
    return keyframe - Math.floor((keyframe - tick - 1) / this.part) * this.part;
  }
}
