import { sliceHead } from '../../../src/media/rtp/nal-unit.ts';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import type { PassthroughLimits } from '../../../src/media/sample.ts';
import type { ComposingReason } from '../../../src/program/composer-message.ts';
import { type CapturedFrame, maxGopFrames } from './gop.ts';

/** Maximum time between two frames that are passed through, in ms: viewers would stall. */
export const maxHole = 100;
/** Maximum excess of a keyframe interval over the longest so far, in ms. */
export const keyframeLeeway = 200;

/** Watches the frames of a source: how regular they are, and whether they can be shown as they come. */
export class SourceWatch {
  /** The first frame since the last irregularity, and how many have followed it. */
  #since: number | undefined;
  #count = 0;
  #last: CapturedFrame | undefined;
  #keyAt: number | undefined;
  #longest = 0;
  /** Frames since the last keyframe, and most between two. */
  #group = 0;
  #maxGroup = 0;
  #reordered = false;

  /** Mean time between frames, in ms. */
  get interval(): number {
    return this.#count > 0 ? ((this.#last?.time ?? 0) - (this.#since ?? 0)) / this.#count : 0;
  }

  /** Maximum interval of its keyframes from here on, in ms; a longer one is an irregularity. */
  get keyframeInterval(): number {
    return this.#longest + keyframeLeeway;
  }

  /** Forgets what was regular. */
  reset(): void {
    this.#since = undefined;
    this.#count = 0;
    this.#keyAt = undefined;
    this.#longest = this.#group = this.#maxGroup = 0;
    this.#reordered = false;
  }

  /**
   * Adds a frame, with its time in ms.
   * @returns `repeated`: it is not new, as a component that is asked for a keyframe sends the last group again, one tick apart.
   *   `hole`: no frame came for too long before it
   */
  note(frame: CapturedFrame): 'new' | 'repeated' | 'hole' {
    const last = this.#last;
    const step = last && timestampDistance(last.timestamp, frame.timestamp);
    this.#last = frame;
    if (step === 0 || step === 1) {
      this.#last = { ...frame, time: last?.time ?? frame.time };
      return 'repeated';
    }
    const hole = last !== undefined && (frame.time <= last.time || frame.time - last.time > maxHole);
    if (hole) this.reset();
    if (this.#since === undefined) this.#since = frame.time;
    else this.#count += 1;
    this.#group += 1;
    if (frame.parts.some((nal) => sliceHead(nal)?.bidirectional)) this.#reordered = true;
    if (frame.key) this.#noteKey(frame.time);
    return hole ? 'hole' : 'new';
  }

  /**
   * Why frames cannot be passed through at a keyframe; `unstable`: not yet.
   * @param stableAfter time without an irregularity after which a source is stable, in ms
   */
  obstacle(
    { keyframeInterval }: Pick<PassthroughLimits, 'keyframeInterval'>,
    stableAfter: number,
  ): ComposingReason | 'unstable' | undefined {
    if (this.#reordered) return 'order';
    if (this.#longest > keyframeInterval + this.interval || this.#maxGroup > maxGopFrames) return 'keyframes';
    const stable = this.#since !== undefined && (this.#last?.time ?? 0) - this.#since >= stableAfter;
    return stable && this.#longest > 0 ? undefined : 'unstable';
  }

  /** Why passing has to end with the last frame. */
  get fault(): ComposingReason | undefined {
    if (this.#reordered) return 'order';
    const overdue = this.#keyAt !== undefined && (this.#last?.time ?? 0) - this.#keyAt >= this.keyframeInterval;
    return overdue || this.#group > maxGopFrames ? 'keyframes' : undefined;
  }

  #noteKey(time: number): void {
    if (this.#keyAt !== undefined) {
      this.#longest = Math.max(this.#longest, time - this.#keyAt);
      this.#maxGroup = Math.max(this.#maxGroup, this.#group);
    }
    this.#keyAt = time;
    this.#group = 0;
  }
}
