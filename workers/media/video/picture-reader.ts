import { type Picture, pictureLength } from './picture.ts';

/** Buffers that are kept for further pictures. */
const mostSpare = 4;

/** Cuts raw video into pictures, in buffers that are used again and again. */
export class PictureReader {
  readonly #width: number;
  readonly #height: number;
  readonly #onPicture: (picture: Picture) => void;
  readonly #spare: Buffer[] = [];
  #data: Buffer;
  #filled = 0;

  constructor(width: number, height: number, onPicture: (picture: Picture) => void) {
    this.#width = width;
    this.#height = height;
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
  recycle({ width, height, data }: Picture): void {
    if (width === this.#width && height === this.#height && this.#spare.length < mostSpare) this.#spare.push(data);
  }

  #finish(): void {
    const picture = { width: this.#width, height: this.#height, data: this.#data };
    this.#data = this.#buffer();
    this.#filled = 0;
    this.#onPicture(picture);
  }

  #buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(pictureLength(this.#width, this.#height));
  }
}
