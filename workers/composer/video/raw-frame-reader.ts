import type { Size } from '../../../src/media/size.ts';
import { type RawFrame, rawFrameLength } from './raw-frame.ts';

/** Maximum number of buffers that are kept for reuse. */
const maxSpare = 4;

/** Splits raw video into frames, in reused buffers. */
export class RawFrameReader {
  readonly #size: Size;
  readonly #onFrame: (frame: RawFrame) => void;
  readonly #spare: Buffer[] = [];
  #data: Buffer;
  #filled = 0;

  constructor(size: Size, onFrame: (frame: RawFrame) => void) {
    this.#size = size;
    this.#onFrame = onFrame;
    this.#data = this.#buffer();
  }

  push(chunk: Buffer): void {
    for (let position = 0; position < chunk.length; ) {
      const copied = chunk.copy(this.#data, this.#filled, position);
      position += copied;
      this.#filled += copied;
      if (this.#filled === this.#data.length) this.#finish();
    }
  }

  /** Returns a frame for reuse. Frames of other readers are ignored. */
  recycle({ width, height, data }: RawFrame): void {
    const own = width === this.#size.width && height === this.#size.height;
    if (own && this.#spare.length < maxSpare) this.#spare.push(data);
  }

  #finish(): void {
    const frame = { ...this.#size, data: this.#data };
    this.#data = this.#buffer();
    this.#filled = 0;
    this.#onFrame(frame);
  }

  #buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(rawFrameLength(this.#size.width, this.#size.height));
  }
}
