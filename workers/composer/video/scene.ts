import { isDeepStrictEqual } from 'node:util';
import { type Canvas, CanvasRing } from './canvas-ring.ts';
import { type LabelPainter, labelHeight } from './label.ts';
import { arrange, type LayoutItem } from './layout.ts';
import type { Rectangle } from './raw-frame.ts';
import type { Tile } from './tile.ts';

/** A tile with its item. */
export interface SceneItem extends LayoutItem {
  /** Name; empty: none. */
  readonly name: string;
  readonly tile: Tile;
  /** Called when the tile has got a place or a new one. */
  readonly onPlaced?: (rectangle: Rectangle) => void;
}

export interface SceneOptions {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Draws names; without it there are none. */
  readonly painter?: Pick<LabelPainter, 'paint'> | undefined;
}

/** The requested label of a tile. */
interface WantedLabel {
  readonly name: string;
  readonly height: number;
}

/** The visible part of the program: the layout and the composed frame. */
export class Scene {
  readonly #options: SceneOptions;
  readonly #ring: CanvasRing;
  #items: readonly SceneItem[] = [];
  readonly #labels = new WeakMap<Tile, WantedLabel>();
  /** Tiles whose labels are being drawn. */
  readonly #drawing = new WeakSet<Tile>();

  constructor(options: SceneOptions) {
    this.#options = options;
    this.#ring = new CanvasRing(options);
  }

  /** The frame that was composed last. */
  get last(): Canvas {
    return this.#ring.last;
  }

  /** Sets the items of the program, in order. If all keep their places, nothing is drawn again: peers may update their metadata all the time. */
  show(items: readonly SceneItem[]): void {
    const places = arrange(items, this.#options);
    const stays = ({ id, tile }: SceneItem, index: number) =>
      tile === this.#items[index]?.tile && isDeepStrictEqual(tile.rectangle, places.get(id));
    const isSame = items.length === this.#items.length && items.every(stays);
    this.#items = items;
    for (const item of items) this.#place(item, places.get(item.id) as Rectangle);
    if (!isSame) this.#ring.relayout();
  }

  /** Composes a frame. @param time of the program's clock, in ms */
  compose(time: number): Canvas {
    const tiles = this.#items.map(({ tile }) => tile);
    for (const tile of tiles) tile.advance(time);
    return this.#ring.compose(tiles);
  }

  #place({ tile, name, onPlaced }: SceneItem, rectangle: Rectangle): void {
    tile.place(rectangle);
    onPlaced?.(rectangle);
    if (this.#options.painter) void this.#label(tile, { name, height: labelHeight(rectangle.height) });
  }

  /** One label of a tile is drawn at a time, so names that change quickly may be skipped. */
  async #label(tile: Tile, wanted: WantedLabel): Promise<void> {
    const known = this.#labels.get(tile);
    if (known?.name === wanted.name && known.height === wanted.height) return;
    this.#labels.set(tile, wanted);
    if (this.#drawing.has(tile)) return;
    this.#drawing.add(tile);
    for (let drawn: WantedLabel | undefined; drawn !== this.#labels.get(tile); ) {
      drawn = this.#labels.get(tile) as WantedLabel;
      const label = await this.#options.painter?.paint(drawn.name, drawn.height);
      if (drawn === this.#labels.get(tile)) tile.setLabel(label);
    }
    this.#drawing.delete(tile);
  }
}
