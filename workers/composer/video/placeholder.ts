import { type Colour, createFrame, type RawFrame } from './raw-frame.ts';

const ground: Colour = [60, 128, 128];
const figure = 96;

/** Time without frames after which the placeholder replaces the last frame, in ms. */
export const maxSilence = 10_000;

interface Ellipse {
  /** Its centre, and half of its width and height. */
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
}

/** The placeholder of a peer without video: head and shoulders, light grey on grey. */
export function drawPlaceholder(width: number, height: number): RawFrame {
  const frame = createFrame(width, height, ground);
  const [head, shoulders] = shapes(width, height);
  drawEllipse(frame, head, height);
  drawEllipse(frame, shoulders, shoulders.y);
  return frame;
}

/** The same as an expression for ffmpeg's filter `geq`. */
export function placeholderBrightness(width: number, height: number): string {
  const [head, shoulders] = shapes(width, height);
  const inside = ({ x, y, a, b }: Ellipse) => `lte(pow((X-${x})/${a},2)+pow((Y-${y})/${b},2),1)`;
  return `if(${inside(head)}+${inside(shoulders)}*lt(Y,${shoulders.y}),${figure},${ground[0]})`;
}

/** Two ellipses: head and shoulders, of the latter the upper half. */
function shapes(width: number, height: number): [Ellipse, Ellipse] {
  const unit = Math.min(width, height) / 2;
  const [x, y] = [width / 2, height / 2];
  return [
    { x, y: y - 0.22 * unit, a: 0.27 * unit, b: 0.27 * unit },
    { x, y: y + 0.62 * unit, a: 0.52 * unit, b: 0.46 * unit },
  ];
}

/** Draws its rows above `bottom` into the luma plane, which is the first of a frame. */
function drawEllipse({ data, width }: RawFrame, { x, y, a, b }: Ellipse, bottom: number): void {
  for (let row = Math.ceil(y - b); row < Math.min(y + b, bottom); row += 1) {
    const half = a * Math.sqrt(Math.max(1 - ((row - y) / b) ** 2, 0));
    data.fill(figure, row * width + Math.ceil(x - half), row * width + Math.floor(x + half));
  }
}
