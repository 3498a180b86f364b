import { find, fromTemplate } from './from-template.ts';
import { type Layer, LayerSwitch } from './layer-switch.ts';

/** One participant's picture with what is known of it. */
export class PeerTile {
  readonly element = fromTemplate('tile');
  readonly #video = find<HTMLVideoElement>('video', this.element);
  readonly #sound = new Audio();
  #layers: LayerSwitch | undefined;
  #name = '';
  #figures = '';
  #speaking = false;
  #layer: string | undefined;

  /** @param own shows the picture as in a mirror, and no layers to choose from */
  constructor(name: string, own = false) {
    this.element.toggleAttribute('data-own', own);
    this.setName(name);
    this.setCamera(false);
    this.#video.addEventListener('resize', () => this.#showFigures());
  }

  get hasVideo(): boolean {
    return this.#video.srcObject !== null;
  }

  setName(name: string): void {
    this.#name = name;
    const own = this.element.hasAttribute('data-own');
    find('h3', this.element).textContent = own ? `${name} (you)` : name;
    find('.initial', this.element).textContent = name.slice(0, 1).toUpperCase();
    this.element.setAttribute('aria-label', own ? 'You' : name);
  }

  showVideo(track: MediaStreamTrack): void {
    this.#video.srcObject = new MediaStream([track]);
    this.setCamera(true);
  }

  hideVideo(): void {
    this.#video.srcObject = null;
    this.#layers?.element.remove();
    this.#layers = undefined;
    this.#layer = undefined;
    this.setCamera(false);
    this.setFigures('');
  }

  playSound(track: MediaStreamTrack): void {
    this.#sound.srcObject = new MediaStream([track]);
    this.#sound.play().catch(() => undefined);
  }

  offerLayers(onChoose: (layer: Layer) => void): void {
    this.#layers = new LayerSwitch(this.#name, onChoose);
    find('.caption', this.element).append(this.#layers.element);
  }

  setLayer(layer: string | undefined): void {
    this.#layer = layer;
    this.#layers?.showReceived(layer);
    this.#showFigures();
  }

  setCamera(active: boolean): void {
    this.element.toggleAttribute('data-camera', active);
  }

  setMicrophone(active: boolean): void {
    this.element.toggleAttribute('data-muted', !active);
    this.#showSpeaking();
  }

  setSpeaking(speaking: boolean): void {
    this.#speaking = speaking;
    this.#showSpeaking();
  }

  /** Nobody speaks while muted; whoever unmutes again within a moment was never told of as silent in between. */
  #showSpeaking(): void {
    this.element.toggleAttribute('data-speaking', this.#speaking && !this.element.hasAttribute('data-muted'));
  }

  /** @param text rate and the like; the layer and the size stand before it */
  setFigures(text: string): void {
    this.#figures = text;
    this.#showFigures();
  }

  close(): void {
    this.#video.srcObject = null;
    this.#sound.srcObject = null;
    this.element.remove();
  }

  #showFigures(): void {
    const own = this.element.hasAttribute('data-own');
    const { videoWidth, videoHeight } = this.#video;
    const size = this.hasVideo && videoWidth > 0 && !own ? `${videoWidth} × ${videoHeight}` : '';
    const layer = this.#layers && this.#layer ? `layer ${this.#layer}` : '';
    find('.figures', this.element).textContent = [layer, size, this.#figures].filter((part) => part !== '').join(' · ');
  }
}
