import type { Label } from './label.ts';
import { fitInside, type Picture, type Rectangle, scalePicture } from './picture.ts';
import { drawPlaceholder } from './placeholder.ts';

/** Pictures that wait for their time at most. */
const mostWaiting = 30;

interface TimedPicture {
  readonly picture: Picture;
  readonly time: number;
}

/** A place in the program's picture and what is seen there. */
export class Tile {
  #rectangle: Rectangle | undefined;
  #shown: Picture | undefined;
  /** Whether `#shown` is the track's, not the placeholder. */
  #live = false;
  #shownTime = Number.NEGATIVE_INFINITY;
  #waiting: TimedPicture[] = [];
  #label: Label | undefined;
  #version = 0;
  readonly #recycle: (picture: Picture) => void;

  /** @param recycle gets each picture that is not needed any more */
  constructor(recycle: (picture: Picture) => void = () => undefined) {
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
  get picture(): Picture | undefined {
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
    this.#shown = shown ? scalePicture(shown, fitInside(shown, rectangle)) : drawPlaceholder(width, height);
  }

  setLabel(label: Label | undefined): void {
    this.#label = label;
    this.#version += 1;
  }

  /** @param time when the picture is due, in ms. Pictures come in order; those that do not fit are not taken */
  add(picture: Picture, time: number): void {
    const { width, height } = this.#rectangle ?? { width: 0, height: 0 };
    if (picture.width > width || picture.height > height) return;
    // older ones come from a decoder that begins anew
    if (time < this.#shownTime) return this.#recycle(picture);
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
    if (due) this.#show(due);
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

  #drop(): void {
    for (const { picture } of this.#waiting) this.#recycle(picture);
    this.#waiting = [];
  }
}
