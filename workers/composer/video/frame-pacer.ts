import type { CapturedFrame } from './gop.ts';

/** A frame with its place on the program's timeline, in ms. */
export interface PacedFrame {
  readonly frame: CapturedFrame;
  readonly start: number;
  readonly duration: number;
}

/** Durations of frames, in ms. */
export interface FramePace {
  readonly usual: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Places the frames of a source one after another, each as long as the {@link FramePace} allows: they follow the times of their source, and
 * catch up after a missing frame. A frame is output once its end is known.
 */
export class FramePacer {
  readonly #pace: FramePace;
  #pending: CapturedFrame | undefined;
  #start: number;
  #aim: number | undefined;
  #ended = false;

  /** @param start of the first frame, in ms */
  constructor(start: number, pace: FramePace) {
    this.#start = start;
    this.#pace = pace;
  }

  /** Start of the frame that was added last. */
  get start(): number {
    return this.#start;
  }

  /** Usual end of the frame that was added last. */
  get usualEnd(): number {
    return this.#start + this.#pace.usual;
  }

  /** Whether the last frame has been output. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the frame that was added last is the last one. */
  get final(): boolean {
    return this.#aim !== undefined && this.#framesLeft(this.#aim) === 1;
  }

  /** Adds a frame. @param due when it is to be shown, in ms @returns the one before it. After the last one nothing is taken */
  push(frame: CapturedFrame, due: number): PacedFrame | undefined {
    if (this.#ended) return undefined;
    if (this.final) return this.finish(this.#aim ?? 0);
    const paced = this.#pending && this.#output(this.#pending, this.#duration(due));
    this.#pending = frame;
    return paced;
  }

  /** Lets the frames end at this time, in ms, so that no frame is much longer or shorter than others. */
  aim(end: number): void {
    this.#aim = end;
  }

  /** Ends the frame that was added last, and with it the frames. @param end in ms */
  finish(end: number): PacedFrame | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    return this.#pending && this.#output(this.#pending, end - this.#start);
  }

  #duration(next: number): number {
    const { min, max } = this.#pace;
    const wanted =
      this.#aim === undefined ? next - this.#start : (this.#aim - this.#start) / this.#framesLeft(this.#aim);
    return Math.min(Math.max(wanted, min), max);
  }

  /** Number of frames up to a time. None is longer than usual, so the last one may be shorter. */
  #framesLeft(end: number): number {
    return Math.max(Math.ceil((end - this.#start) / this.#pace.usual - 0.01), 1);
  }

  #output(frame: CapturedFrame, duration: number): PacedFrame {
    const start = this.#start;
    this.#start += duration;
    return { frame, start, duration };
  }
}
