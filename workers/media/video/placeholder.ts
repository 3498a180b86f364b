import { type Colour, createPicture, type Picture } from './picture.ts';

const ground: Colour = [60, 128, 128];
const figure = 96;

interface Ellipse {
  /** Its middle, and half its width and height. */
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
}

/** Who is in the room without a picture: head and shoulders, light grey on grey. */
export function drawPlaceholder(width: number, height: number): Picture {
  const picture = createPicture(width, height, ground);
  const unit = Math.min(width, height) / 2;
  const [x, y] = [width / 2, height / 2];
  const shoulders = { x, y: y + 0.62 * unit, a: 0.52 * unit, b: 0.46 * unit };
  drawEllipse(picture, { x, y: y - 0.22 * unit, a: 0.27 * unit, b: 0.27 * unit }, height);
  drawEllipse(picture, shoulders, shoulders.y);
  return picture;
}

/** Its rows above `bottom`. Brightness lies first in a picture. */
function drawEllipse({ data, width }: Picture, { x, y, a, b }: Ellipse, bottom: number): void {
  for (let row = Math.ceil(y - b); row < Math.min(y + b, bottom); row += 1) {
    const half = a * Math.sqrt(Math.max(1 - ((row - y) / b) ** 2, 0));
    data.fill(figure, row * width + Math.ceil(x - half), row * width + Math.floor(x + half));
  }
}
