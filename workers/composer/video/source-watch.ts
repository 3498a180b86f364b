import { nalType, sliceHead, typeOf } from '../../../src/media/rtp/nal-unit.ts';
import { timestampDistance } from '../../../src/media/rtp/rtp-packet.ts';
import type { PassthroughLimits } from '../../../src/media/sample.ts';
import type { Size } from '../../../src/media/size.ts';
import type { ComposingReason } from '../../../src/program/composer-message.ts';
import { type CapturedFrame, maxGopFrames } from './gop.ts';

/** Maximum time between two frames that are passed through, in ms: viewers would stall. */
export const maxHole = 100;
/** Maximum excess of a keyframe interval over the longest so far, in ms. */
export const keyframeLeeway = 200;

/** Profiles that all browsers decode: baseline, main and high (H.264 annex A.2). */
const browserProfiles: readonly (number | undefined)[] = [66, 77, 100];

/** Watches the frames of a source: how regular they are, and whether they can be shown as they come. */
export class SourceWatch {
  /** The first frame since the last irregularity, and how many have followed it. */
  #since: number | undefined;
  #count = 0;
  #last: CapturedFrame | undefined;
  #keyAt: number | undefined;
  /** Maximum interval of keyframes so far, in ms. */
  #maxInterval = 0;
  /** Frames since the last keyframe, and most between two. */
  #group = 0;
  #maxGroup = 0;
  #reordered = false;
  #suits = false;
  readonly #maxSize: Size;

  /** @param maxSize of frames that can be shown as they come */
  constructor(maxSize: Size) {
    this.#maxSize = maxSize;
  }

  /** Mean time between frames, in ms. */
  get interval(): number {
    return this.#count > 0 ? ((this.#last?.time ?? 0) - (this.#since ?? 0)) / this.#count : 0;
  }

  /** Maximum interval of its keyframes from here on, in ms; a longer one is an irregularity. */
  get keyframeInterval(): number {
    return this.#maxInterval + keyframeLeeway;
  }

  /** Forgets what was regular. */
  reset(): void {
    this.#since = undefined;
    this.#count = 0;
    this.#keyAt = undefined;
    this.#maxInterval = this.#group = this.#maxGroup = 0;
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
    if (frame.key) this.#noteKey(frame);
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
    if (!this.#suits) return 'format';
    if (this.#maxInterval > keyframeInterval + this.interval || this.#maxGroup > maxGopFrames) return 'keyframes';
    const stable = this.#since !== undefined && (this.#last?.time ?? 0) - this.#since >= stableAfter;
    return stable && this.#maxInterval > 0 ? undefined : 'unstable';
  }

  /** Why passing has to end with the last frame. */
  get fault(): ComposingReason | undefined {
    if (this.#reordered) return 'order';
    if (!this.#suits) return 'format';
    const overdue = this.#keyAt !== undefined && (this.#last?.time ?? 0) - this.#keyAt >= this.keyframeInterval;
    return overdue || this.#group > maxGopFrames ? 'keyframes' : undefined;
  }

  #noteKey({ time, parts, size }: CapturedFrame): void {
    const profile = parts.find((nal) => typeOf(nal) === nalType.sps)?.[1];
    const fits = size !== undefined && size.width <= this.#maxSize.width && size.height <= this.#maxSize.height;
    this.#suits = fits && browserProfiles.includes(profile);
    if (this.#keyAt !== undefined) {
      this.#maxInterval = Math.max(this.#maxInterval, time - this.#keyAt);
      this.#maxGroup = Math.max(this.#maxGroup, this.#group);
    }
    this.#keyAt = time;
    this.#group = 0;
  }
}
