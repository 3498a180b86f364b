import type { CallTexts } from './call-texts.ts';
import { find } from './from-template.ts';
import type { Device, LocalMedia } from './local-media.ts';

export interface ControlsOptions {
  readonly texts: CallTexts;
  readonly onSwitch: (device: Device, active: boolean) => void;
  /** @returns whether the screen is shown now. Absent: screens are not shared */
  readonly onScreen?: () => Promise<boolean>;
  readonly onLeave: () => void;
}

/** The buttons that are shown in the room. */
export class Controls {
  readonly #element = find('#controls');
  readonly #texts: CallTexts;
  #media: LocalMedia | undefined;

  constructor({ texts, onSwitch, onScreen, onLeave }: ControlsOptions) {
    this.#texts = texts;
    for (const device of ['microphone', 'camera'] as const) {
      button(device).addEventListener('click', () => {
        onSwitch(device, !this.#media?.isActive(device));
        this.#showDevice(device);
      });
    }
    // Telephones have no screens to share.
    button('screen').hidden = !onScreen || !navigator.mediaDevices?.getDisplayMedia;
    button('screen').addEventListener('click', async () => this.showScreen((await onScreen?.()) ?? false));
    find('#leave-room').addEventListener('click', onLeave);
  }

  open(media: LocalMedia): void {
    this.#media = media;
    this.#showDevice('microphone');
    this.#showDevice('camera');
    this.showScreen(false);
    this.#element.hidden = false;
    (media.stream.getTracks().length > 0 ? button('microphone') : find('#leave-room')).focus();
  }

  close(): void {
    this.#element.hidden = true;
  }

  showScreen(shown: boolean): void {
    const { on, off } = this.#texts.buttons.screen;
    button('screen').toggleAttribute('data-on', shown);
    find('span', button('screen')).textContent = shown ? on : off;
  }

  #showDevice(device: Device): void {
    const there = this.#media?.track(device) !== undefined;
    const active = this.#media?.isActive(device) ?? false;
    const { on, off, none } = this.#texts.buttons[device];
    const element = button(device);
    element.disabled = !there;
    element.toggleAttribute('data-off', !active);
    find('span', element).textContent = there ? (active ? on : off) : none;
  }
}

function button(what: Device | 'screen'): HTMLButtonElement {
  return find<HTMLButtonElement>(`#${what}-switch`);
}
