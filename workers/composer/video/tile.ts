import type { Label } from './label.ts';
import { drawPlaceholder } from './placeholder.ts';
import { fitInside, type RawFrame, type Rectangle, scaleFrame } from './raw-frame.ts';

/** Pictures that wait for their time at most. */
const mostWaiting = 30;

/** A picture that comes this long after its time, in ms, is not in step with its sound any more. */
const tolerance = 30;
/** How long nothing is seen to move, in ms, before a picture is shown that comes too late. */
const patience = 250;

interface TimedPicture {
  readonly picture: RawFrame;
  readonly time: number;
}

/** A place in the program's picture and what is seen there. */
export class Tile {
  #rectangle: Rectangle | undefined;
  #shown: RawFrame | undefined;
  /** Whether `#shown` is the track's, not the placeholder. */
  #live = false;
  #shownTime = Number.NEGATIVE_INFINITY;
  #waiting: TimedPicture[] = [];
  /** The newest of those that came too late. */
  #late: TimedPicture | undefined;
  /** When it may be shown all the same. */
  #lateUntil = 0;
  #label: Label | undefined;
  #version = 0;
  readonly #recycle: (picture: RawFrame) => void;

  /** @param recycle gets each picture that is not needed any more */
  constructor(recycle: (picture: RawFrame) => void = () => undefined) {
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
  get picture(): RawFrame | undefined {
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
   * Pictures come in order; those that do not fit are not taken. One that comes too late is shown only when none comes in time for a
   * while: a tile that is out of step with its sound is worse than one that stands still for a moment.
   * @param time when the picture is due, @param now when it comes, in ms
   */
  add(picture: RawFrame, time: number, now: number): void {
    const { width, height } = this.#rectangle ?? { width: 0, height: 0 };
    if (picture.width > width || picture.height > height) return;
    // older ones come from a decoder that begins anew
    if (time < this.#shownTime) return this.#recycle(picture);
    if (now > time + tolerance) return this.#holdLate({ picture, time }, now);
    this.#waiting.push({ picture, time });
    if (this.#waiting.length > mostWaiting) this.#show(this.#waiting.shift() as TimedPicture);
  }

  /** Shows the newest picture that is due. */
  advance(now: number): void {
    let due: TimedPicture | undefined;
    while (this.#waiting[0] && this.#waiting[0].time <= now) {
      if (due) this.#recycle(due.picture);
      due = this.#waiting.shift();
    }
    if (!due && this.#late && now >= this.#lateUntil) due = this.#takeLate();
    if (!due) return;
    this.#show(due);
    const late = this.#takeLate();
    if (late) this.#recycle(late.picture);
  }

  /** The track has fallen silent: the placeholder takes its place. */
  fade(): void {
    if (!this.#live || !this.#rectangle) return;
    this.#drop();
    this.#live = false;
    this.#shown = drawPlaceholder(this.#rectangle.width, this.#rectangle.height);
    this.#version += 1;
  }

  #show({ picture, time }: TimedPicture): void {
    if (this.#shown && this.#live) this.#recycle(this.#shown);
    this.#shown = picture;
    this.#shownTime = time;
    this.#live = true;
    this.#version += 1;
  }

  #holdLate(late: TimedPicture, now: number): void {
    const before = this.#takeLate();
    if (before) this.#recycle(before.picture);
    else this.#lateUntil = now + patience;
    this.#late = late;
  }

  #takeLate(): TimedPicture | undefined {
    const late = this.#late;
    this.#late = undefined;
    return late;
  }

  #drop(): void {
    for (const { picture } of this.#waiting) this.#recycle(picture);
    this.#waiting = [];
    const late = this.#takeLate();
    if (late) this.#recycle(late.picture);
  }
}
