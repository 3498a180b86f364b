import { find } from '../../call/browser/from-template.ts';

/** Shows a line above the room. @param text empty: hides it */
export function notice(text: string, tone: 'problem' | 'hint' = 'problem'): void {
  const element = find('#notice');
  element.textContent = text;
  element.dataset.tone = tone;
  element.hidden = text === '';
}
