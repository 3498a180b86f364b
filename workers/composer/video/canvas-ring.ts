import type { Size } from '../../../src/media/size.ts';
import { drawLabel, type Label, labelArea } from './label.ts';
import { black, blit, type Colour, centre, createFrame, fill, type RawFrame } from './raw-frame.ts';
import type { Tile } from './tile.ts';

/** Frames that the encoder may hold at once; then the last one is repeated. */
const maxCanvases = 4;
const background: Colour = [24, 128, 128];

/** A composed frame. It stays as it is while somebody holds it. */
export interface Canvas {
  readonly frame: RawFrame;
  /** How many still read it. */
  holders: number;
}

/** What was drawn of a tile. */
interface Drawn extends Size {
  readonly version: number;
  readonly label?: Label | undefined;
}

interface Sheet extends Canvas {
  readonly drawn: Map<Tile, Drawn>;
  layout: number;
}

/** Composes tiles to whole frames; draws only what changed since each of its sheets was used last. */
export class CanvasRing {
  readonly #size: Size;
  readonly #sheets: Sheet[] = [];
  #last: Sheet | undefined;
  #layout = 0;

  constructor(size: Size) {
    this.#size = size;
  }

  /** Tiles came, went or moved. */
  relayout(): void {
    this.#layout += 1;
  }

  /** The frame that was composed last. */
  get last(): Canvas {
    return this.#last ?? this.compose([]);
  }

  /** @returns the last frame when nothing changed, or all are held */
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

/** Black beside the frame is drawn only where there was something else: most frames of a tile are alike. */
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
