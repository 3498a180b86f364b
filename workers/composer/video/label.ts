import type { Clock } from '../../../src/clock/clock.ts';
import { Ffmpeg } from '../../../src/ffmpeg/ffmpeg.ts';
import { evenBelow, type Plane, planesOf, type RawFrame, type Rectangle } from './raw-frame.ts';

/** Maximum number of drawn characters of a name. */
const maxNameLength = 60;
/** Maximum number of cached labels. */
const maxLabels = 200;
/** Height of a label as a fraction of its tile's, and its limits in pixels. */
const heightShare = 1 / 12;
const minHeight = 16;
const maxHeight = 48;

/** A drawn name as coverage values: 0 is background, 255 is text. */
export interface Label {
  /** In pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly levels: Buffer;
}

/** Height of the label of a tile, in pixels; even. */
export function labelHeight(tileHeight: number): number {
  return evenBelow(Math.min(Math.max(tileHeight * heightShare, minHeight), maxHeight));
}

/** Draws names with ffmpeg and its fonts, each once per size. */
export class LabelPainter {
  readonly #clock: Clock;
  readonly #onFailure: (lastLines: readonly string[]) => void;
  readonly #labels = new Map<string, Promise<Label | undefined>>();
  readonly #running = new Set<Ffmpeg>();
  #closed = false;

  /** @param onFailure called with ffmpeg's last lines when a name could not be drawn */
  constructor(clock: Clock, onFailure: (lastLines: readonly string[]) => void) {
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Draws a name. @returns undefined when there is nothing to draw or drawing failed */
  paint(name: string, height: number): Promise<Label | undefined> {
    const text = printable(name);
    const key = `${height} ${text}`;
    let label = this.#labels.get(key);
    if (!label) {
      label = text === '' || this.#closed ? Promise.resolve(undefined) : this.#draw(text, height);
      this.#labels.set(key, label);
      const [oldest] = this.#labels.keys();
      if (this.#labels.size > maxLabels && oldest !== undefined) this.#labels.delete(oldest);
    }
    return label;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((ffmpeg) => ffmpeg.kill()));
  }

  async #draw(text: string, height: number): Promise<Label | undefined> {
    // wide enough for the widest letters; empty columns are cut off
    const width = evenBelow([...text].length * height + 2 * height);
    const size = Math.round(height * 0.62);
    const options = `text=${quoted(text)}:expansion=none:fontcolor=white:fontsize=${size}:x=${height / 4}:y=(h-ascent)/2`;
    const source = `color=black:s=${width}x${height},format=gray`;
    const output = ['-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'];
    const args = ['-f', 'lavfi', '-i', source, '-vf', `drawtext=${options}`, ...output];
    const ffmpeg = new Ffmpeg(args, this.#clock);
    this.#running.add(ffmpeg);
    const chunks: Buffer[] = [];
    ffmpeg.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await ffmpeg.finish();
    this.#running.delete(ffmpeg);
    const levels = Buffer.concat(chunks);
    if (levels.length === width * height) return cut(levels, width, height);
    if (!this.#closed) this.#onFailure(ffmpeg.lastLines);
    return undefined;
  }
}

/** The place of a label: the lower left corner of its tile. */
export function labelArea(label: Label, tile: Rectangle): Rectangle {
  const width = Math.min(label.width, tile.width);
  const height = Math.min(label.height, tile.height);
  return { x: tile.x, y: tile.y + tile.height - height, width, height };
}

/** Draws a label on a darkened background into its tile. */
export function drawLabel(label: Label, canvas: RawFrame, tile: Rectangle): void {
  const area = labelArea(label, tile);
  const { x, y, width, height } = area;
  const [luma, ...chroma] = planesOf(canvas);
  for (let row = 0; row < height; row += 1) {
    const start = luma.offset + (y + row) * luma.stride + x;
    for (let column = 0; column < width; column += 1) {
      const level = label.levels[row * label.width + column] ?? 0;
      const ground = 16 + (((canvas.data[start + column] ?? 16) - 16) >> 2);
      canvas.data[start + column] = ground + (((235 - ground) * level) >> 8);
    }
  }
  for (const plane of chroma) grey(canvas, plane, area);
}

/** Reduces the colour to a quarter. */
function grey(canvas: RawFrame, { offset, stride, scale }: Plane, { x, y, width, height }: Rectangle): void {
  for (let row = 0; row < height / scale; row += 1) {
    const start = offset + (y / scale + row) * stride + x / scale;
    for (let column = 0; column < width / scale; column += 1) {
      canvas.data[start + column] = 128 + (((canvas.data[start + column] ?? 128) - 128) >> 2);
    }
  }
}

/** The name on one line, without invisible characters. */
function printable(name: string): string {
  const text = name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\s]+/gu, ' ').trim();
  const letters = [...text];
  return letters.length > maxNameLength ? `${letters.slice(0, maxNameLength - 1).join('')}…` : text;
}

/** Escapes each character for the filter's options, and again for the filter graph. */
function quoted(text: string): string {
  return [...text].map((letter) => `\\\\\\${letter}`).join('');
}

/** Cuts off the empty columns at the right, except for a margin. */
function cut(levels: Buffer, width: number, height: number): Label | undefined {
  let last = -1;
  for (let index = 0; index < levels.length; index += 1) {
    if ((levels[index] ?? 0) > 32) last = Math.max(last, index % width);
  }
  if (last < 0) return undefined;
  const kept = Math.min(evenBelow(last + 2 + height / 4), width);
  const rows = Array.from({ length: height }, (_, row) => levels.subarray(row * width, row * width + kept));
  return { width: kept, height, levels: Buffer.concat(rows) };
}
