import type { CallTexts } from './call-texts.ts';
import { find, fromTemplate } from './from-template.ts';
import { LayerChoice } from './layer-choice.ts';
import { type Layer, LayerSwitch } from './layer-switch.ts';

/** Characters of a name that are shown. */
const maxName = 100;

/** The video of a participant, with its name and figures. */
export class PeerTile {
  readonly element = fromTemplate('tile');
  readonly #video = find<HTMLVideoElement>('video', this.element);
  readonly #audio = new Audio();
  readonly #texts: CallTexts;
  #layers: LayerSwitch | undefined;
  #choice: LayerChoice | undefined;
  #name = '';
  #figures = '';
  #speaking = false;
  #layer: string | undefined;

  /** @param kind `own`: the video is mirrored and has no layers; `screen`: it is shown in whole */
  constructor(name: string, texts: CallTexts, kind: 'own' | 'peer' | 'screen' = 'peer') {
    this.#texts = texts;
    this.element.toggleAttribute('data-own', kind === 'own');
    this.element.toggleAttribute('data-screen', kind === 'screen');
    this.setName(name);
    this.setCamera(false);
    this.#video.addEventListener('resize', () => this.#showFigures());
  }

  get hasVideo(): boolean {
    return this.#video.srcObject !== null;
  }

  setName(name: string): void {
    this.#name = name.slice(0, maxName);
    const own = this.element.hasAttribute('data-own');
    find('h3', this.element).textContent = own ? this.#texts.ownName(this.#name) : this.#name;
    find('.initial', this.element).textContent = String.fromCodePoint(this.#name.codePointAt(0) ?? 0x3f).toUpperCase();
    this.element.setAttribute('aria-label', own ? this.#texts.you : this.#name);
  }

  setModerator(moderator: boolean): void {
    this.element.toggleAttribute('data-moderator', moderator);
  }

  showVideo(track: MediaStreamTrack): void {
    this.#video.srcObject = new MediaStream([track]);
    this.setCamera(true);
  }

  hideVideo(): void {
    this.#video.srcObject = null;
    this.#layers?.element.remove();
    this.#layers = undefined;
    this.#choice?.close();
    this.#choice = undefined;
    this.#layer = undefined;
    this.setCamera(false);
    this.setFigures('');
  }

  playAudio(track: MediaStreamTrack): void {
    this.#audio.srcObject = new MediaStream([track]);
    this.#audio.play().catch(() => undefined);
  }

  offerLayers(onChoose: (layer: Layer) => void): void {
    this.#layers = new LayerSwitch(this.#texts.qualityOf(this.#name), onChoose);
    find('.caption', this.element).append(this.#layers.element);
  }

  /** Requests the layer that the size of the video needs. */
  chooseLayers(onChoose: (layer: Layer) => void): void {
    this.#choice = new LayerChoice(this.#video, onChoose);
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

  /** A muted peer is not shown as speaking: the server does not report silence when it is unmuted again soon. */
  #showSpeaking(): void {
    this.element.toggleAttribute('data-speaking', this.#speaking && !this.element.hasAttribute('data-muted'));
  }

  /** @param text frame rate and bit rate; layer and size are shown before it */
  setFigures(text: string): void {
    this.#figures = text;
    this.#showFigures();
  }

  /** Idempotent. */
  close(): void {
    this.#choice?.close();
    this.#video.srcObject = null;
    this.#audio.srcObject = null;
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
