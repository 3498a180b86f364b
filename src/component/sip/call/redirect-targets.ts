import { contactsOf } from '../message/header-values.ts';
import type { NameAddress } from '../message/name-address.ts';
import type { SipHeaders } from '../message/sip-headers.ts';
import { equalSipUris, formatSipUri, parseSipUri, type SipUri } from '../message/sip-uri.ts';

const maxRedirects = 3;

/** Whom to call, one after the other: redirections lead to others (RFC 3261 section 8.1.3.4). */
export class RedirectTargets {
  /** All that were or will be called. */
  readonly #known: SipUri[];
  #waiting: SipUri[] = [];

  /** @param first URI that is called at first */
  constructor(first: string) {
    const uri = parseSipUri(first);
    this.#known = uri ? [uri] : [];
  }

  /** Takes the contacts of a 3xx: at most 3 for the whole call, the most wanted first, none twice, and none less safe than the first. */
  add(headers: SipHeaders): void {
    const found: SipUri[] = [];
    for (const contact of (contactsOf(headers) ?? []).sort((one, other) => preference(other) - preference(one))) {
      const uri = parseSipUri(contact.uri);
      if (!uri || this.#known.length > maxRedirects) continue;
      const { headers: _, ...plain } = uri;
      if (this.#known.some((known) => equalSipUris(known, plain)) || this.#isLessSafe(plain)) continue;
      this.#known.push(plain);
      found.push(plain);
    }
    this.#waiting = [...found, ...this.#waiting];
  }

  /** The URI that is to be called next; undefined when there is none. */
  next(): string | undefined {
    const uri = this.#waiting.shift();
    return uri && formatSipUri(uri);
  }

  #isLessSafe({ scheme }: SipUri): boolean {
    return this.#known[0]?.scheme === 'sips' && scheme !== 'sips';
  }
}

function preference({ parameters }: NameAddress): number {
  const value = Number(parameters.get('q') ?? 1);
  return value >= 0 && value <= 1 ? value : 0;
}
