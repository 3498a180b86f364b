import type { Size } from '../../../src/media/size.ts';
import { type RawFrame, rawFrameLength } from './raw-frame.ts';

/** Buffers that are kept for further pictures. */
const mostSpare = 4;

/** Cuts raw video into pictures, in buffers that are used again and again. */
export class RawFrameReader {
  readonly #size: Size;
  readonly #onPicture: (picture: RawFrame) => void;
  readonly #spare: Buffer[] = [];
  #data: Buffer;
  #filled = 0;

  constructor(size: Size, onPicture: (picture: RawFrame) => void) {
    this.#size = size;
    this.#onPicture = onPicture;
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

  /** The picture is not needed any more. Those of other readers are ignored. */
  recycle({ width, height, data }: RawFrame): void {
    const own = width === this.#size.width && height === this.#size.height;
    if (own && this.#spare.length < mostSpare) this.#spare.push(data);
  }

  #finish(): void {
    const picture = { ...this.#size, data: this.#data };
    this.#data = this.#buffer();
    this.#filled = 0;
    this.#onPicture(picture);
  }

  #buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(rawFrameLength(this.#size.width, this.#size.height));
  }
}
