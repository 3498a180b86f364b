export interface ProgramGridOptions {
  /** Ticks per second, which is the number of frames if none is left out. */
  readonly frameRate: number;
  /** Interval of keyframes, in ms. */
  readonly keyframeInterval: number;
  /** Maximum duration of a part, in ms. Undefined: there are no parts. */
  readonly partDuration?: number;
}

/** Minimum number of ticks of a frame that shows nothing new. */
const minStillTicks = 3;

/**
 * The ticks of a program at which a frame always starts, however many are left out: the start of each HLS part, and so of each keyframe.
 * Encoder and packager use the same grid, so that parts and segments are never too long or too short. Ticks count from the start of the
 * program.
 */
export class ProgramGrid {
  /** Ticks between keyframes. */
  readonly group: number;
  /** Ticks of a part. The first part of a group has the remainder. */
  readonly part: number;
  /** Ticks of a frame that shows nothing new: a part has one such frame, or several of nearly the same duration. */
  readonly still: number;

  constructor({ frameRate, keyframeInterval, partDuration = keyframeInterval }: ProgramGridOptions) {
    this.group = Math.max(1, Math.floor((frameRate * keyframeInterval) / 1000));
    const most = Math.max(1, Math.floor((frameRate * partDuration) / 1000));
    this.part = Math.ceil(this.group / Math.ceil(this.group / most));
    this.still = Math.ceil(this.part / Math.max(1, Math.floor(this.part / minStillTicks)));
  }

  isKeyframe(tick: number): boolean {
    return tick % this.group === 0;
  }

  /** The first keyframe after a tick. */
  nextKeyframe(tick: number): number {
    return (Math.floor(tick / this.group) + 1) * this.group;
  }

  /** The first start of a part after a tick. */
  nextPart(tick: number): number {
    const keyframe = this.nextKeyframe(tick);
    return keyframe - Math.floor((keyframe - tick - 1) / this.part) * this.part;
  }
}
