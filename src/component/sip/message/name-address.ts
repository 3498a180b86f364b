import {
  formatHeaderParameters,
  type HeaderParameters,
  parseSipHeaderParameters,
  quotedString,
  unescaped,
} from './header-parameters.ts';
import { parseSipUri } from './sip-uri.ts';

/** The value of From, To, Contact, Route and the like (RFC 3261 section 20.10): `"Alice" <sip:alice@example.org>;tag=1`. */
export interface NameAddress {
  /** Without quotes and escapes. */
  readonly displayName?: string;
  /** As on the wire: a well-formed SIP or SIPS URI, or one of another scheme, such as `tel:+4930`. `*` in a Contact. */
  readonly uri: string;
  /** Of the header, not of the URI. */
  readonly parameters: HeaderParameters;
}

/** A quoted display name, or one of words; both may be missing. */
const quotedName = /^"((?:[^"\\]|\\.)*)"\s*</;
const words = /^[^"<>,;\\]*$/;
const anyUri = /^[A-Za-z][A-Za-z\d+.-]*:[^\s"<>]+$/;

/** @returns undefined when it is not well-formed */
export function parseNameAddress(value: string): NameAddress | undefined {
  const text = value.trim();
  const named = text.startsWith('"') ? quotedName.exec(text) : undefined;
  if (named === null) return undefined;
  const open = named ? named[0].length - 1 : text.indexOf('<');
  if (open < 0) return parseBare(text);
  const close = text.indexOf('>', open);
  const uri = text.slice(open + 1, close);
  const before = text.slice(0, open);
  if (close < 0 || !isUri(uri) || (!named && !words.test(before))) return undefined;
  const parameters = parseSipHeaderParameters(text, close + 1);
  const displayName = named ? unescaped(named[1] ?? '') : before.trim().replace(/[ \t]+/g, ' ');
  return parameters && { ...(displayName !== '' && { displayName }), uri, parameters };
}

export function formatNameAddress({ displayName, uri, parameters }: NameAddress): string {
  if (uri === '*') return uri;
  const name = displayName === undefined ? '' : `${quotedString(displayName)} `;
  return `${name}<${uri}>${formatHeaderParameters(parameters)}`;
}

/** Without angle brackets, parameters belong to the header (RFC 3261 section 20). */
function parseBare(text: string): NameAddress | undefined {
  const semicolon = text.indexOf(';');
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trimEnd();
  if (text === '*') return { uri, parameters: new Map() };
  if (!isUri(uri) || /[,?]/.test(uri)) return undefined;
  const parameters = parseSipHeaderParameters(text, uri.length);
  return parameters && { uri, parameters };
}

function isUri(text: string): boolean {
  return /^sips?:/i.test(text) ? parseSipUri(text) !== undefined : anyUri.test(text);
}
