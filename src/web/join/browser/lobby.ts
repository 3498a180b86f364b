import { find } from '../../call/browser/from-template.ts';
import type { Device, LocalMedia } from '../../call/browser/local-media.ts';
import { DeviceCheck } from './device-check.ts';
import type { Identity } from './join-client.ts';
import type { JoinTexts } from './join-texts.ts';

/** What is still to be asked. */
export interface LobbyQuestions {
  readonly email: boolean;
  readonly number: boolean;
}

/** The form before the conference: who is it, and do camera and microphone work? */
export class Lobby {
  readonly #texts: JoinTexts;
  readonly #form = find<HTMLFormElement>('#lobby');
  readonly #fields = this.#form.elements as unknown as Readonly<Record<'name' | 'email' | 'number', HTMLInputElement>>;
  readonly #button = find<HTMLButtonElement>('button[type=submit]', this.#form);
  readonly #check: DeviceCheck;
  #questions: LobbyQuestions = { email: false, number: false };

  /** @param onSubmit resolves when the visitor was let in, or was not */
  constructor(texts: JoinTexts, onSubmit: (name: string, given: Identity) => Promise<void>) {
    this.#texts = texts;
    this.#check = new DeviceCheck(texts);
    this.#form.addEventListener('submit', async (event) => {
      event.preventDefault();
      this.#setBusy(true);
      await onSubmit(this.name, this.#given());
      this.#setBusy(false);
    });
  }

  get name(): string {
    return this.#fields.name.value.trim();
  }

  /** @param name proposes a name, unless the visitor has written one. @param text above the form */
  open(questions: LobbyQuestions, { name = '', email = '', text = '' }): void {
    this.#questions = questions;
    for (const asked of ['email', 'number'] as const) {
      find(`#${asked}-row`).hidden = !questions[asked];
      this.#fields[asked].required = questions[asked];
    }
    this.#fields.name.value ||= name;
    this.#fields.email.value ||= email;
    find('#lobby-text').textContent = text;
    find('#lobby-text').hidden = text === '';
    if (!this.#form.hidden) return;
    this.#form.hidden = false;
    void this.#check.open();
    const empty = [this.#fields.number, this.#fields.name, this.#fields.email].find(
      (field) => field.required && field.value === '',
    );
    (empty ?? this.#button).focus();
  }

  /** Camera and microphone as the visitor left them. They are not closed with the lobby. */
  takeMedia(): Promise<LocalMedia> {
    return this.#check.take();
  }

  /** What the visitor switched on or off elsewhere is so the next time, too. */
  remember(device: Device, active: boolean): void {
    this.#check.remember(device, active);
  }

  /** The form is not shown, while camera and microphone stay open. */
  hide(): void {
    this.#form.hidden = true;
  }

  /** Idempotent. */
  close(): void {
    this.#form.hidden = true;
    this.#check.close();
  }

  #given(): Identity {
    const { email, number } = this.#fields;
    return {
      ...(this.#questions.email && { email: email.value.trim() }),
      ...(this.#questions.number && { number: number.value.trim() }),
    };
  }

  #setBusy(busy: boolean): void {
    this.#button.disabled = busy;
    this.#button.textContent = busy ? this.#texts.joining : this.#texts.join;
  }
}
