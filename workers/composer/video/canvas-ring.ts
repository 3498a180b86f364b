import type { Size } from '../../../src/media/size.ts';
import { drawLabel, type Label, labelArea } from './label.ts';
import { black, blit, type Colour, centre, createFrame, fill, type RawFrame } from './raw-frame.ts';
import type { Tile } from './tile.ts';

/** Number of canvases that the encoder may hold at once; beyond it the last frame is repeated. */
const maxCanvases = 4;
const background: Colour = [24, 128, 128];

/** A composed frame. It does not change while it is held. */
export interface Canvas {
  readonly frame: RawFrame;
  /** Number of holders. */
  holders: number;
}

/** What was last drawn of a tile. */
interface Drawn extends Size {
  readonly version: number;
  readonly label?: Label | undefined;
}

interface Sheet extends Canvas {
  readonly drawn: Map<Tile, Drawn>;
  layout: number;
}

/** Composes tiles to frames. On each canvas only what has changed since its last use is drawn. */
export class CanvasRing {
  readonly #size: Size;
  readonly #sheets: Sheet[] = [];
  #last: Sheet | undefined;
  #layout = 0;

  constructor(size: Size) {
    this.#size = size;
  }

  /** To be called when tiles were added, removed or moved. */
  relayout(): void {
    this.#layout += 1;
  }

  /** The last composed frame. */
  get last(): Canvas {
    return this.#last ?? this.compose([]);
  }

  /** Composes a frame. @returns the last one when nothing has changed or all canvases are held */
  compose(tiles: readonly Tile[]): Canvas {
    if (this.#last && this.#isCurrent(this.#last, tiles)) return this.#last;
    const sheet = this.#free();
    if (!sheet) return this.last;
    if (sheet.layout !== this.#layout) this.#clear(sheet);
    for (const tile of tiles) {
      const drawn = sheet.drawn.get(tile);
      if (drawn?.version !== tile.version) sheet.drawn.set(tile, draw(tile, sheet, drawn));
    }
    this.#last = sheet;
    return sheet;
  }

  #isCurrent({ layout, drawn }: Sheet, tiles: readonly Tile[]): boolean {
    return layout === this.#layout && tiles.every((tile) => drawn.get(tile)?.version === tile.version);
  }

  #free(): Sheet | undefined {
    const free = this.#sheets.find((sheet) => sheet.holders === 0 && sheet !== this.#last);
    if (free || this.#sheets.length === maxCanvases) return free;
    const { width, height } = this.#size;
    const frame = createFrame(width, height, background);
    const sheet: Sheet = { frame, holders: 0, drawn: new Map(), layout: this.#layout };
    this.#sheets.push(sheet);
    return sheet;
  }

  #clear(sheet: Sheet): void {
    fill(sheet.frame, { x: 0, y: 0, ...this.#size }, background);
    sheet.drawn.clear();
    sheet.layout = this.#layout;
  }
}

/** The black border is drawn only where there was something else: the frames of a tile mostly have the same size. */
function draw({ frame, rectangle, label, version }: Tile, { frame: canvas }: Sheet, drawn?: Drawn): Drawn {
  if (!frame || !rectangle) return { version, width: 0, height: 0 };
  const { width, height } = frame;
  if (drawn?.width !== width || drawn.height !== height || drawn.label !== label) fill(canvas, rectangle, black);
  else if (label) fill(canvas, labelArea(label, rectangle), black);
  const { x, y } = centre(frame, rectangle);
  blit(frame, canvas, x, y);
  if (label) drawLabel(label, canvas, rectangle);
  return { version, width, height, label };
}
