import { find, fromTemplate } from './from-template.ts';

export type Layer = 'l' | 'm' | 'h';

/** The layer that the server starts with. */
const initial: Layer = 'm';

let count = 0;

/** Requests a layer of a simulcast video, and marks the one that is received: the server may send a lower one. */
export class LayerSwitch {
  readonly element: HTMLElement;

  /** @param title for screen readers */
  constructor(title: string, onChoose: (layer: Layer) => void) {
    this.element = fromTemplate('layer-switch');
    find('legend', this.element).textContent = title;
    const group = `layer-${count++}`;
    for (const input of this.element.querySelectorAll('input')) {
      input.name = group;
      input.checked = input.value === initial;
      input.addEventListener('change', () => onChoose(input.value as Layer));
    }
  }

  showReceived(layer: string | undefined): void {
    for (const label of this.element.querySelectorAll('label')) {
      label.toggleAttribute('data-received', label.dataset.layer === layer);
    }
  }
}
