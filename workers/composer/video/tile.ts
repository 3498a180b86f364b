import type { Label } from './label.ts';
import { drawPlaceholder } from './placeholder.ts';
import { fitInside, type RawFrame, type Rectangle, scaleFrame } from './raw-frame.ts';

/** Frames that wait for their time at most. */
const maxWaiting = 30;

/** A frame that comes this long after its time, in ms, is not in step with its audio any more. */
const tolerance = 30;
/** How long nothing is seen to move, in ms, before a frame is shown that comes too late. */
const lateTimeout = 250;

interface TimedFrame {
  readonly frame: RawFrame;
  readonly time: number;
}

/** A place in the program and what is seen there. */
export class Tile {
  #rectangle: Rectangle | undefined;
  #shown: RawFrame | undefined;
  /** Whether `#shown` is the track's, not the placeholder. */
  #live = false;
  #shownTime = Number.NEGATIVE_INFINITY;
  #waiting: TimedFrame[] = [];
  /** The newest of those that came too late. */
  #late: TimedFrame | undefined;
  /** When it may be shown all the same. */
  #lateUntil = 0;
  #label: Label | undefined;
  #version = 0;
  readonly #recycle: (frame: RawFrame) => void;

  /** @param recycle gets each frame that is not needed any more */
  constructor(recycle: (frame: RawFrame) => void = () => undefined) {
    this.#recycle = recycle;
  }

  /** Grows with each change of what is seen. */
  get version(): number {
    return this.#version;
  }

  get label(): Label | undefined {
    return this.#label;
  }

  get rectangle(): Rectangle | undefined {
    return this.#rectangle;
  }

  /** What is seen, in the middle of the rectangle. */
  get frame(): RawFrame | undefined {
    return this.#shown;
  }

  place(rectangle: Rectangle): void {
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
   * Frames come in order; those that do not fit are not taken. One that comes too late is shown only when none comes in time for a
   * while: a tile that is out of step with its audio is worse than one that stands still for a moment.
   * @param time when the frame is due, @param now when it comes, in ms
   */
  add(frame: RawFrame, time: number, now: number): void {
    const { width, height } = this.#rectangle ?? { width: 0, height: 0 };
    if (frame.width > width || frame.height > height) return;
    // older ones come from a decoder that begins anew
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

  /** The track has fallen silent: the placeholder takes its place. */
  fade(): void {
    if (!this.#live || !this.#rectangle) return;
    this.#drop();
    this.#live = false;
    this.#shown = drawPlaceholder(this.#rectangle.width, this.#rectangle.height);
    this.#version += 1;
  }

  #show({ frame, time }: TimedFrame): void {
    if (this.#shown && this.#live) this.#recycle(this.#shown);
    this.#shown = frame;
    this.#shownTime = time;
    this.#live = true;
    this.#version += 1;
  }

  #holdLate(late: TimedFrame, now: number): void {
    const before = this.#takeLate();
    if (before) this.#recycle(before.frame);
    else this.#lateUntil = now + lateTimeout;
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
