import { Controls } from '../../call/browser/controls.ts';
import { find } from '../../call/browser/from-template.ts';
import { Grid } from '../../call/browser/grid.ts';
import type { Invitation } from '../../call/browser/invitation.ts';
import type { Device, LocalMedia } from '../../call/browser/local-media.ts';
import { Visit, type VisitEnd } from '../../call/browser/visit.ts';
import type { JoinTexts } from './join-texts.ts';

/** Milliseconds before each attempt to join again after the connection was lost: five minutes in all. */
const retryDelays = [500, 1000, 2000, 4000, 8000, ...Array<number>(28).fill(10_000)];
/** How long it is said that somebody came or left, in ms. */
const announcementTime = 4000;

const screenOptions = { video: { frameRate: { ideal: 15 } }, audio: false };

export interface ConferenceCallOptions {
  readonly texts: JoinTexts;
  readonly notice: (text: string) => void;
  readonly onSwitch: (device: Device, active: boolean) => void;
  /** @param end undefined: the visitor left */
  readonly onEnd: (end: VisitEnd | undefined) => void;
}

/** The conference in the browser: tiles, buttons, who comes and goes. */
export class ConferenceCall {
  readonly #options: ConferenceCallOptions;
  readonly #grid: Grid;
  readonly #controls: Controls;
  #visit: Visit | undefined;
  #announced = 0;

  constructor(options: ConferenceCallOptions) {
    const { texts } = options;
    this.#options = options;
    this.#grid = new Grid({
      ...{ element: find('#tiles'), names: new Map(), texts, layersBy: 'size' },
      chooseLayer: (trackId, layer) => this.#visit?.setLayer(trackId, layer),
      onPeers: (people, change) => {
        find('#people').textContent = texts.people(people);
        if (change) this.#announce(change.joined ? texts.arrived(change.name) : texts.departed(change.name));
      },
    });
    this.#controls = new Controls({
      texts,
      onSwitch: (device, active) => this.#switch(device, active),
      onScreen: () => this.#switchScreen(),
      onLeave: () => this.#end(undefined),
    });
  }

  /** @throws what `invite` throws, and JoinError with a text for the user */
  async enter(media: LocalMedia, invite: () => Promise<Invitation>): Promise<void> {
    const { texts, notice } = this.#options;
    this.#visit = await Visit.begin({
      ...{ media, grid: this.#grid, texts, retryDelays, invite, notice },
      onEnd: (end) => this.#end(end),
    });
    find('#people').hidden = false;
    this.#controls.open(media);
    document.body.dataset.view = 'meeting';
  }

  /** Leaves, without a word. Idempotent. */
  close(): void {
    this.#visit?.close();
    this.#visit = undefined;
    this.#controls.close();
    find('#people').hidden = true;
    find('#announcement').textContent = '';
    delete document.body.dataset.view;
  }

  #end(end: VisitEnd | undefined): void {
    this.close();
    this.#options.onEnd(end);
  }

  #switch(device: Device, active: boolean): void {
    this.#visit?.setActive(device, active);
    this.#options.onSwitch(device, active);
  }

  /** @returns whether a screen is shown now */
  async #switchScreen(): Promise<boolean> {
    const visit = this.#visit;
    if (!visit || visit.showsScreen) {
      visit?.setScreen(undefined);
      return false;
    }
    // The visitor may change the mind, which is no trouble.
    const screen = await navigator.mediaDevices.getDisplayMedia(screenOptions).catch(() => undefined);
    screen?.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (visit !== this.#visit) return;
      visit.setScreen(undefined);
      this.#controls.showScreen(false);
    });
    visit.setScreen(screen);
    if (visit === this.#visit) return screen !== undefined;
    visit.setScreen(undefined);
    return false;
  }

  #announce(text: string): void {
    const element = find('#announcement');
    element.textContent = text;
    clearTimeout(this.#announced);
    this.#announced = window.setTimeout(() => (element.textContent = ''), announcementTime);
  }
}
