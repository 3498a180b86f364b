import { find } from './from-template.ts';

/** The line above the room that says what is the matter; empty = nothing is. */
export function notice(text: string, tone: 'problem' | 'hint' = 'problem'): void {
  const element = find('#notice');
  element.textContent = text;
  element.dataset.tone = tone;
  element.hidden = text === '';
}
