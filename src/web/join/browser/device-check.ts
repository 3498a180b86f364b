import { find } from '../../call/browser/from-template.ts';
import { type Device, LocalMedia } from '../../call/browser/local-media.ts';
import type { JoinTexts } from './join-texts.ts';
import { LevelMeter } from './level-meter.ts';

const selects = { camera: '#cameras', microphone: '#microphones' };

/** Shows what camera and microphone give before anybody else sees and hears it, and lets the visitor choose others. */
export class DeviceCheck {
  readonly #texts: JoinTexts;
  readonly #video = find<HTMLVideoElement>('#preview');
  readonly #problem = find('#problem');
  /** What the visitor switched off, and wants off when it is opened again. */
  readonly #off = new Set<Device>();
  #media: LocalMedia | undefined;
  #meter: LevelMeter | undefined;
  /** Counts openings, the earlier of which may still wait for the visitor's permission. */
  #opening = 0;

  constructor(texts: JoinTexts) {
    this.#texts = texts;
    for (const device of ['camera', 'microphone'] as const) {
      find(`#check-${device}`).addEventListener('click', () => this.#toggle(device));
      find<HTMLSelectElement>(selects[device]).addEventListener('change', ({ target }) => {
        void this.#choose(device, (target as HTMLSelectElement).value);
      });
    }
    find('#check-again').addEventListener('click', () => void this.open());
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#listDevices());
  }

  /** Asks for the visitor's permission. Resolves when something is shown, or nothing can be. */
  async open(): Promise<void> {
    this.close();
    const opening = this.#opening;
    const media = await LocalMedia.open();
    if (opening !== this.#opening) return media.close();
    for (const device of this.#off) media.setActive(device, false);
    this.#media = media;
    this.#show();
    await this.#listDevices();
  }

  /** What the visitor is seen and heard with from now on. It is not shown here any more, and not closed. */
  async take(): Promise<LocalMedia> {
    if (!this.#media) await this.open();
    const media = this.#media;
    if (!media) throw new Error('Camera and microphone were closed.');
    this.#media = undefined;
    this.close();
    return media;
  }

  /** It is opened so the next time. */
  remember(device: Device, active: boolean): void {
    if (active) this.#off.delete(device);
    else this.#off.add(device);
  }

  /** Idempotent. */
  close(): void {
    this.#opening += 1;
    this.#media?.close();
    this.#media = undefined;
    this.#meter?.close();
    this.#meter = undefined;
    this.#video.srcObject = null;
  }

  #show(): void {
    const media = this.#media;
    if (!media) return;
    const camera = media.track('camera');
    const microphone = media.track('microphone');
    this.#video.srcObject = camera ? new MediaStream([camera]) : null;
    this.#meter?.close();
    this.#meter = microphone && new LevelMeter(find('#level'), microphone);
    find('#level-row').hidden = !microphone;
    this.#complain(media.problem && this.#texts.problems[media.problem.missing][media.problem.why]);
    for (const device of ['camera', 'microphone'] as const) this.#showSwitch(device);
  }

  #complain(problem: string | undefined): void {
    find('p', this.#problem).textContent = `${problem ?? ''} ${this.#texts.joinNevertheless}`;
    this.#problem.hidden = problem === undefined;
  }

  #showSwitch(device: Device): void {
    const { on, off, none } = this.#texts.buttons[device];
    const button = find<HTMLButtonElement>(`#check-${device}`);
    const there = this.#media?.track(device) !== undefined;
    const active = this.#media?.isActive(device) ?? false;
    button.disabled = !there;
    button.toggleAttribute('data-off', !active);
    find('span', button).textContent = there ? (active ? on : off) : none;
    if (device !== 'camera') return;
    this.#video.hidden = !active;
    find('#no-video').textContent = there ? this.#texts.cameraOff : none;
  }

  #toggle(device: Device): void {
    const active = this.#media?.isActive(device) ?? false;
    this.#media?.setActive(device, !active);
    this.remember(device, !active);
    this.#showSwitch(device);
  }

  async #choose(device: Device, deviceId: string): Promise<void> {
    const media = this.#media;
    try {
      await media?.choose(device, deviceId);
      if (media === this.#media) this.#show();
      else media?.close();
    } catch {
      this.#complain(this.#texts.deviceFailed);
      await this.#listDevices();
    }
  }

  async #listDevices(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => undefined)) ?? [];
    for (const [device, kind] of [
      ['camera', 'videoinput'],
      ['microphone', 'audioinput'],
    ] as const) {
      // Before the visitor's permission they have neither id nor name.
      const found = all.filter((one) => one.kind === kind && one.deviceId !== '');
      const select = find<HTMLSelectElement>(selects[device]);
      const name = (label: string, at: number) => label || `${this.#texts.unnamedDevice} ${at + 1}`;
      select.replaceChildren(...found.map(({ deviceId, label }, at) => new Option(name(label, at), deviceId)));
      select.value = this.#media?.track(device)?.getSettings().deviceId ?? '';
      find(`label:has(${selects[device]})`).hidden = found.length < 2;
    }
    find('#devices').hidden = find('#devices').querySelectorAll('label:not([hidden])').length === 0;
  }
}
