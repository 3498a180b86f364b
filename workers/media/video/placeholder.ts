import { type Colour, createPicture, type Picture, planesOf } from './picture.ts';

const ground: Colour = [60, 128, 128];
const figure = 96;

/** Who is in the room without a picture: head and shoulders, light grey on grey. */
export function drawPlaceholder(width: number, height: number): Picture {
  const picture = createPicture(width, height, ground);
  const unit = Math.min(width, height) / 2;
  const [middle, head, shoulders] = [width / 2, height / 2 - 0.22 * unit, height / 2 + 0.62 * unit];
  const inside = (x: number, y: number) =>
    within(x - middle, y - head, 0.27 * unit, 0.27 * unit) ||
    (y <= shoulders && within(x - middle, y - shoulders, 0.52 * unit, 0.46 * unit));
  const [luma] = planesOf(picture);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) if (inside(x, y)) picture.data[luma.offset + y * luma.stride + x] = figure;
  }
  return picture;
}

function within(x: number, y: number, a: number, b: number): boolean {
  return (x / a) ** 2 + (y / b) ** 2 <= 1;
}
