/** Where a bit of a picture's number is: a block of white or black, in shares of the picture's width and height. */
export interface NumberBit {
  readonly bit: number;
  /** Each bit is there twice, the second time the other way round: what is no number shows. */
  readonly inverted: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const bits = 10;
const width = 1 / (bits + 2);
const height = 0.15;

export const numberBits: readonly NumberBit[] = [false, true].flatMap((inverted) =>
  Array.from({ length: bits }, (_, bit) => ({
    ...{ bit, inverted, width, height },
    x: (bit + 1) * width,
    y: inverted ? 0.35 : 0.1,
  })),
);
