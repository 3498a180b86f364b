import { find } from './from-template.ts';
import type { Device, LocalMedia } from './local-media.ts';

export interface ControlsOptions {
  readonly onSwitch: (device: Device, active: boolean) => void;
  readonly onLeave: () => void;
}

const labels = {
  microphone: { on: 'Unmute microphone', off: 'Mute microphone', none: 'No microphone' },
  camera: { on: 'Start camera', off: 'Stop camera', none: 'No camera' },
};

/** The buttons that are shown in the room. */
export class Controls {
  readonly #element = find('#controls');
  #media: LocalMedia | undefined;

  constructor({ onSwitch, onLeave }: ControlsOptions) {
    for (const device of ['microphone', 'camera'] as const) {
      button(device).addEventListener('click', () => {
        onSwitch(device, !this.#media?.isActive(device));
        this.#show(device);
      });
    }
    find('#leave-room').addEventListener('click', onLeave);
  }

  open(media: LocalMedia): void {
    this.#media = media;
    this.#show('microphone');
    this.#show('camera');
    this.#element.hidden = false;
    (media.stream.getTracks().length > 0 ? button('microphone') : find('#leave-room')).focus();
  }

  close(): void {
    this.#element.hidden = true;
  }

  #show(device: Device): void {
    const there = this.#media?.track(device) !== undefined;
    const active = this.#media?.isActive(device) ?? false;
    const { on, off, none } = labels[device];
    const element = button(device);
    element.disabled = !there;
    element.toggleAttribute('data-off', !active);
    find('span', element).textContent = there ? (active ? off : on) : none;
  }
}

function button(device: Device): HTMLButtonElement {
  return find<HTMLButtonElement>(`#${device}-switch`);
}
