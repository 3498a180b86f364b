import { find } from '../../call/browser/from-template.ts';
import type { CardText } from './join-texts.ts';

/** A button of a card, or a link when it leads to an address. */
export interface CardAction {
  readonly label: string;
  readonly act: (() => void) | URL;
}

/** A few words with what can be done, instead of the form or the meeting. */
export class MessageCard {
  readonly #element = find('#message');

  /** @param waits whether something happens without the visitor */
  show({ title, text }: CardText, actions: readonly CardAction[] = [], waits = false): void {
    const isNew = this.#element.hidden || find('h2', this.#element).textContent !== title;
    find('h2', this.#element).textContent = title;
    find('p', this.#element).textContent = text;
    this.#element.toggleAttribute('data-waits', waits);
    this.#element.hidden = false;
    if (!isNew) return;
    find('.actions', this.#element).replaceChildren(
      ...actions.map((action, at) => element(action, at === 0 && !waits)),
    );
    this.#element.focus();
  }

  hide(): void {
    this.#element.hidden = true;
  }
}

/** @param isFirst what is most likely wanted */
function element({ label, act }: CardAction, isFirst: boolean): HTMLElement {
  const isLink = act instanceof URL;
  const made = document.createElement(isLink ? 'a' : 'button');
  made.className = isFirst ? 'button primary' : 'button';
  made.textContent = label;
  if (isLink) (made as HTMLAnchorElement).href = act.href;
  else made.addEventListener('click', act);
  return made;
}
