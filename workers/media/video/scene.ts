import { type Canvas, CanvasRing } from './canvas-ring.ts';
import { type LabelPainter, labelHeight } from './label.ts';
import { arrange, type LayoutItem } from './layout.ts';
import type { Rectangle } from './picture.ts';
import type { Tile } from './tile.ts';

/** A tile and who is in it. */
export interface SceneItem extends LayoutItem {
  /** Empty = none. */
  readonly name: string;
  readonly tile: Tile;
  /** The tile has a place, perhaps a new one. */
  readonly onPlaced?: (rectangle: Rectangle) => void;
}

export interface SceneOptions {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Draws the names; without it there are none. */
  readonly painter?: LabelPainter | undefined;
}

/** What is seen in the program: who is where, and the composed picture. */
export class Scene {
  readonly #options: SceneOptions;
  readonly #ring: CanvasRing;
  #items: readonly SceneItem[] = [];
  /** What the label of a tile shows. */
  readonly #labels = new WeakMap<Tile, string>();

  constructor(options: SceneOptions) {
    this.#options = options;
    this.#ring = new CanvasRing(options);
  }

  /** The picture that was composed last. */
  get last(): Canvas {
    return this.#ring.last;
  }

  /** Who is in the picture from now on, in order. */
  show(items: readonly SceneItem[]): void {
    this.#items = items;
    const places = arrange(items, this.#options);
    for (const item of items) this.#place(item, places.get(item.id) as Rectangle);
    this.#ring.relayout();
  }

  /** @param time of the program's clock, in ms */
  compose(time: number): Canvas {
    const tiles = this.#items.map(({ tile }) => tile);
    for (const tile of tiles) tile.advance(time);
    return this.#ring.compose(tiles);
  }

  #place({ tile, name, onPlaced }: SceneItem, rectangle: Rectangle): void {
    tile.place(rectangle);
    onPlaced?.(rectangle);
    if (this.#options.painter) void this.#label(tile, name, labelHeight(rectangle.height), this.#options.painter);
  }

  async #label(tile: Tile, name: string, height: number, painter: LabelPainter): Promise<void> {
    const wanted = `${height} ${name}`;
    if (this.#labels.get(tile) === wanted) return;
    this.#labels.set(tile, wanted);
    const label = await painter.paint(name, height);
    // another one may be wanted by now
    if (this.#labels.get(tile) === wanted) tile.setLabel(label);
  }
}
