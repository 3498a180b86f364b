import { drawLabel } from './label.ts';
import { blit, type Colour, createPicture, fill, type Picture } from './picture.ts';
import type { Tile } from './tile.ts';

/** Pictures that the encoder may hold at once; then the last one is repeated. */
const mostCanvases = 4;
const background: Colour = [24, 128, 128];

/** A composed picture. It stays as it is while somebody holds it. */
export interface Canvas {
  readonly picture: Picture;
  /** How many still read it. */
  holders: number;
}

interface Sheet extends Canvas {
  /** Version of what was drawn of each tile. */
  readonly drawn: Map<Tile, number>;
  layout: number;
}

/** Composes tiles to whole pictures; draws only what changed since each of its sheets was used last. */
export class CanvasRing {
  readonly #size: { readonly width: number; readonly height: number };
  readonly #sheets: Sheet[] = [];
  #last: Sheet | undefined;
  #layout = 0;

  constructor(size: { readonly width: number; readonly height: number }) {
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
    for (const tile of tiles) if (sheet.drawn.get(tile) !== tile.version) draw(tile, sheet);
    this.#last = sheet;
    return sheet;
  }

  #isCurrent({ layout, drawn }: Sheet, tiles: readonly Tile[]): boolean {
    return layout === this.#layout && tiles.every((tile) => drawn.get(tile) === tile.version);
  }

  #free(): Sheet | undefined {
    const free = this.#sheets.find((sheet) => sheet.holders === 0 && sheet !== this.#last);
    if (free || this.#sheets.length === mostCanvases) return free;
    const { width, height } = this.#size;
    const picture = createPicture(width, height, background);
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

function draw(tile: Tile, { picture, drawn }: Sheet): void {
  drawn.set(tile, tile.version);
  if (!tile.picture || !tile.rectangle) return;
  blit(tile.picture, picture, tile.rectangle.x, tile.rectangle.y);
  if (tile.label) drawLabel(tile.label, picture, tile.rectangle);
}
