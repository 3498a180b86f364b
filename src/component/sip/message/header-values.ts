import type { HeaderParameters } from './header-parameters.ts';
import { type NameAddress, parseNameAddress } from './name-address.ts';
import type { SipHeaders } from './sip-headers.ts';
import { parseVia, type Via } from './via.ts';

/** What headers say. Whatever is missing or not well-formed is undefined. */

export interface Sequence {
  /** 0 to 2^31 - 1. */
  readonly number: number;
  readonly method: string;
}

/** Via values of the message, the topmost first. */
export const viasOf = (headers: SipHeaders): Via[] | undefined => listOf(headers, 'via', parseVia);

export function topViaOf(headers: SipHeaders): Via | undefined {
  const [first] = splitList(headers.get('via') ?? '') ?? [];
  return first === undefined ? undefined : parseVia(first);
}

export const branchOf = (headers: SipHeaders): string | undefined => topViaOf(headers)?.parameters.get('branch');

export const fromOf = (headers: SipHeaders): NameAddress | undefined => nameAddressOf(headers, 'from');
export const toOf = (headers: SipHeaders): NameAddress | undefined => nameAddressOf(headers, 'to');
export const fromTagOf = (headers: SipHeaders): string | undefined => fromOf(headers)?.parameters.get('tag');
export const toTagOf = (headers: SipHeaders): string | undefined => toOf(headers)?.parameters.get('tag');

/** Values of Contact, of all lines; empty when there is none. */
export const contactsOf = (headers: SipHeaders): NameAddress[] | undefined =>
  listOf(headers, 'contact', parseNameAddress);

/** Values of Record-Route, of all lines, the topmost first; empty when there is none. */
export const recordRoutesOf = (headers: SipHeaders): NameAddress[] | undefined =>
  listOf(headers, 'record-route', parseNameAddress);

export const routesOf = (headers: SipHeaders): NameAddress[] | undefined => listOf(headers, 'route', parseNameAddress);

export function sequenceOf(headers: SipHeaders): Sequence | undefined {
  const [, digits, method] = /^(\d{1,20})[ \t]+([\w.!%*+`'~-]{1,64})$/.exec(headers.get('cseq') ?? '') ?? [];
  const number = Number(digits);
  return method === undefined || number >= 2 ** 31 ? undefined : { number, method };
}

/** In seconds. */
export const expiresOf = (headers: SipHeaders): number | undefined => deltaSeconds(headers.get('expires'));
/** In seconds. */
export const minExpiresOf = (headers: SipHeaders): number | undefined => deltaSeconds(headers.get('min-expires'));
/** In seconds; comment and parameters are not looked at. */
export const retryAfterOf = (headers: SipHeaders): number | undefined =>
  deltaSeconds(headers.get('retry-after')?.split(/[\s;(]/, 1)[0]);
/** The `expires` of a Contact, in seconds. */
export const contactExpiresOf = (parameters: HeaderParameters): number | undefined =>
  deltaSeconds(parameters.get('expires'));
export const maxForwardsOf = (headers: SipHeaders): number | undefined => deltaSeconds(headers.get('max-forwards'));
/** In bytes. */
export const contentLengthOf = (headers: SipHeaders): number | undefined => deltaSeconds(headers.get('content-length'));

/** The type in lower case, without parameters: `application/sdp`. */
export function contentTypeOf(headers: SipHeaders): string | undefined {
  const [, type, subtype] = /^([^\s;/]+)[ \t]*\/[ \t]*([^\s;/]+)/.exec(headers.get('content-type') ?? '') ?? [];
  return subtype === undefined ? undefined : `${type}/${subtype}`.toLowerCase();
}

/** Words of a list such as Allow, Supported or Require, of all lines, in lower case. */
export function wordsOf(headers: SipHeaders, name: string): string[] {
  const words = headers.all(name).flatMap((value) => value.split(','));
  return words.map((word) => word.trim().toLowerCase()).filter((word) => word !== '');
}

/**
 * Splits a list at its commas, except those in quotes and angle brackets.
 * @returns items without surrounding spaces; undefined when a quote or a bracket is not closed or an item is empty
 */
export function splitList(value: string): string[] | undefined {
  const items: string[] = [];
  const piece = /"(?:[^"\\]|\\.)*"|<[^<>]*>|[^",<]+|,/y;
  let start = 0;
  while (piece.lastIndex < value.length) {
    const at = piece.lastIndex;
    const match = piece.exec(value);
    if (!match) return undefined;
    if (match[0] !== ',') continue;
    items.push(value.slice(start, at).trim());
    start = at + 1;
  }
  items.push(value.slice(start).trim());
  return items.includes('') ? undefined : items;
}

function nameAddressOf(headers: SipHeaders, name: string): NameAddress | undefined {
  const value = headers.get(name);
  const parsed = value === undefined ? undefined : parseNameAddress(value);
  return parsed?.uri === '*' ? undefined : parsed;
}

function listOf<T>(headers: SipHeaders, name: string, parse: (value: string) => T | undefined): T[] | undefined {
  const items: T[] = [];
  for (const line of headers.all(name)) {
    for (const item of splitList(line) ?? ['']) {
      const parsed = parse(item);
      if (parsed === undefined) return undefined;
      items.push(parsed);
    }
  }
  return items;
}

/** RFC 3261 section 20.19: up to 2^32 - 1. Larger numbers are that. */
function deltaSeconds(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,20}$/.test(value) ? Math.min(Number(value), 2 ** 32 - 1) : undefined;
}
