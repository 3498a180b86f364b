import { isDeepStrictEqual } from 'node:util';
import type { Label } from './label.ts';
import { drawPlaceholder } from './placeholder.ts';
import { fitInside, isSame, type RawFrame, type Rectangle, scaleFrame } from './raw-frame.ts';

/** Maximum number of frames that wait for their time. */
const maxWaiting = 30;

/** Delay beyond which a frame is out of sync with its audio, in ms. */
const tolerance = 30;
/** Time without a new frame after which a late one is shown, in ms. */
const lateTimeout = 250;

interface TimedFrame {
  readonly frame: RawFrame;
  readonly time: number;
}

/** A place in the program with its frames. */
export class Tile {
  #rectangle: Rectangle | undefined;
  #shown: RawFrame | undefined;
  /** Whether `#shown` is a frame of the track, not the placeholder. */
  #live = false;
  #shownTime = Number.NEGATIVE_INFINITY;
  #waiting: TimedFrame[] = [];
  /** The newest late frame. */
  #late: TimedFrame | undefined;
  /** When the late frame may be shown. */
  #lateUntil = 0;
  #label: Label | undefined;
  #version = 0;
  readonly #recycle: (frame: RawFrame) => void;

  /** @param recycle called with each frame that is not needed any more */
  constructor(recycle: (frame: RawFrame) => void = () => undefined) {
    this.#recycle = recycle;
  }

  /** Incremented with each visible change. */
  get version(): number {
    return this.#version;
  }

  get label(): Label | undefined {
    return this.#label;
  }

  get rectangle(): Rectangle | undefined {
    return this.#rectangle;
  }

  /** The shown frame, centred in the rectangle. */
  get frame(): RawFrame | undefined {
    return this.#shown;
  }

  place(rectangle: Rectangle): void {
    if (isDeepStrictEqual(rectangle, this.#rectangle)) return;
    const { width, height } = rectangle;
    const resized = this.#rectangle?.width !== width || this.#rectangle.height !== height;
    this.#rectangle = rectangle;
    this.#version += 1;
    if (!resized) return;
    this.#drop();
    const shown = this.#live ? this.#shown : undefined;
    this.#shown = shown ? scaleFrame(shown, fitInside(shown, rectangle)) : drawPlaceholder(width, height);
  }

  setLabel(label: Label | undefined): void {
    this.#label = label;
    this.#version += 1;
  }

  /**
   * Adds a frame. Frames come in order; those that do not fit are dropped. A late frame is shown only when none comes in time for a while: a
   * tile that is out of sync with its audio is worse than one that stands still for a moment.
   * @param time at which the frame is due, in ms @param now time of its arrival, in ms
   */
  add(frame: RawFrame, time: number, now: number): void {
    const { width, height } = this.#rectangle ?? { width: 0, height: 0 };
    if (frame.width > width || frame.height > height) return;
    // older frames come from a restarted decoder
    if (time < this.#shownTime) return this.#recycle(frame);
    if (now > time + tolerance) return this.#holdLate({ frame, time }, now);
    this.#waiting.push({ frame, time });
    if (this.#waiting.length > maxWaiting) this.#show(this.#waiting.shift() as TimedFrame);
  }

  /** Shows the newest frame that is due. */
  advance(now: number): void {
    let due: TimedFrame | undefined;
    while (this.#waiting[0] && this.#waiting[0].time <= now) {
      if (due) this.#recycle(due.frame);
      due = this.#waiting.shift();
    }
    if (!due && this.#late && now >= this.#lateUntil) due = this.#takeLate();
    if (!due) return;
    this.#show(due);
    const late = this.#takeLate();
    if (late) this.#recycle(late.frame);
  }

  /** Shows the placeholder. To be called when the track is silent. */
  fade(): void {
    if (!this.#live || !this.#rectangle) return;
    this.#drop();
    this.#live = false;
    this.#shown = drawPlaceholder(this.#rectangle.width, this.#rectangle.height);
    this.#version += 1;
  }

  #show({ frame, time }: TimedFrame): void {
    this.#shownTime = time;
    const before = this.#live ? this.#shown : undefined;
    // a screen on which nothing moves: comparing costs a fraction of drawing and encoding
    if (before && isSame(before, frame)) return this.#recycle(frame);
    if (before) this.#recycle(before);
    this.#shown = frame;
    this.#live = true;
    this.#version += 1;
  }

  #holdLate(late: TimedFrame, now: number): void {
    const before = this.#takeLate();
    if (before) this.#recycle(before.frame);
    else this.#lateUntil = this.#live ? now + lateTimeout : now;
    this.#late = late;
  }

  #takeLate(): TimedFrame | undefined {
    const late = this.#late;
    this.#late = undefined;
    return late;
  }

  #drop(): void {
    for (const { frame } of this.#waiting) this.#recycle(frame);
    this.#waiting = [];
    const late = this.#takeLate();
    if (late) this.#recycle(late.frame);
  }
}
