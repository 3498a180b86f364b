import type { Size } from '../../../src/media/size.ts';
import { drawLabel, type Label, labelArea } from './label.ts';
import { black, blit, type Colour, centre, createFrame, fill, type RawFrame } from './raw-frame.ts';
import type { Tile } from './tile.ts';

/** Pictures that the encoder may hold at once; then the last one is repeated. */
const mostCanvases = 4;
const background: Colour = [24, 128, 128];

/** A composed picture. It stays as it is while somebody holds it. */
export interface Canvas {
  readonly picture: RawFrame;
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

/** Composes tiles to whole pictures; draws only what changed since each of its sheets was used last. */
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

  /** The picture that was composed last. */
  get last(): Canvas {
    return this.#last ?? this.compose([]);
  }

  /** @returns the last picture when nothing changed, or all are held */
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
    if (free || this.#sheets.length === mostCanvases) return free;
    const { width, height } = this.#size;
    const picture = createFrame(width, height, background);
    const sheet: Sheet = { picture, holders: 0, drawn: new Map(), layout: this.#layout };
    this.#sheets.push(sheet);
    return sheet;
  }

  #clear(sheet: Sheet): void {
    fill(sheet.picture, { x: 0, y: 0, ...this.#size }, background);
    sheet.drawn.clear();
    sheet.layout = this.#layout;
  }
}

/** Black beside the picture is drawn only where there was something else: most pictures of a tile are alike. */
function draw({ picture, rectangle, label, version }: Tile, { picture: canvas }: Sheet, drawn?: Drawn): Drawn {
  if (!picture || !rectangle) return { version, width: 0, height: 0 };
  const { width, height } = picture;
  if (drawn?.width !== width || drawn.height !== height || drawn.label !== label) fill(canvas, rectangle, black);
  else if (label) fill(canvas, labelArea(label, rectangle), black);
  const { x, y } = centre(picture, rectangle);
  blit(picture, canvas, x, y);
  if (label) drawLabel(label, canvas, rectangle);
  return { version, width, height, label };
}
