import { hash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/** A text that must not be seen: printing, logging or serialising it gives `[secret]`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it only where the text is used, never to store or print it. */
  reveal(): string {
    return this.#text;
  }

  /** Whether a text is this one. The time that it takes tells nothing about the secret, nor about its length. */
  matches(text: string | Buffer): boolean {
    return timingSafeEqual(hash('sha256', text, 'buffer'), hash('sha256', this.#text, 'buffer'));
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
