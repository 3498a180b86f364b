import type { Layer } from './layer-switch.ts';

/** Widths in pixels of the screen up to which a layer suffices. */
const widths = { l: 340, m: 700 };

/** Requests the layer of a simulcast video that its element needs. */
export class LayerChoice {
  readonly #observer: ResizeObserver;
  #chosen: Layer | undefined;

  constructor(element: Element, onChoose: (layer: Layer) => void) {
    this.#observer = new ResizeObserver(([entry]) => {
      const width = (entry?.contentRect.width ?? 0) * devicePixelRatio;
      const layer = width <= widths.l ? 'l' : width <= widths.m ? 'm' : 'h';
      if (layer === this.#chosen || width === 0) return;
      this.#chosen = layer;
      onChoose(layer);
    });
    this.#observer.observe(element);
  }

  /** Idempotent. */
  close(): void {
    this.#observer.disconnect();
  }
}
