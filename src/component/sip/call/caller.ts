import { fromOf } from '../message/header-values.ts';
import { parseNameAddress } from '../message/name-address.ts';
import type { SipHeaders } from '../message/sip-headers.ts';
import { parseSipUri, plainUser } from '../message/sip-uri.ts';

/** Who calls. */
export interface Caller {
  readonly user: string;
  /** In lower case. Undefined: a `tel:` URI. */
  readonly host?: string;
}

/**
 * Who calls: From, or what a trusted proxy asserts (RFC 3325 section 9.1).
 * @param asserted whether P-Asserted-Identity may be believed @returns undefined when neither names anybody
 */
export function callerOf(headers: SipHeaders, asserted: boolean): Caller | undefined {
  const identities = asserted ? headers.all('p-asserted-identity').flatMap((line) => line.split(',').slice(0, 2)) : [];
  const uris = [...identities.map((value) => parseNameAddress(value)?.uri), fromOf(headers)?.uri];
  return uris.flatMap((uri) => (uri === undefined ? undefined : callerOfUri(uri)) ?? [])[0];
}

/** `+48123456`, or `user@host`. */
export function partyOf({ user, host }: Caller): string {
  return host === undefined || isNumber(user) ? user : `${user}@${host}`;
}

/** @param allowed numbers, which may have separators, `user@host`, `*@host`, or `*` */
export function isAllowedCaller({ user, host }: Caller, allowed: readonly string[]): boolean {
  const number = withoutSeparators(user);
  return allowed.some((entry) => {
    if (entry === '*') return true;
    const at = entry.lastIndexOf('@');
    if (at < 0) return isNumber(number) && withoutSeparators(entry) === number;
    const name = entry.slice(0, at);
    return entry.slice(at + 1).toLowerCase() === host && (name === '*' || name === user);
  });
}

function callerOfUri(text: string): Caller | undefined {
  const [, number] = /^tel:([^;]{1,64})/i.exec(text) ?? [];
  if (number !== undefined) return { user: withoutSeparators(number) };
  const uri = parseSipUri(text);
  const user = uri && plainUser(uri);
  return user === undefined ? undefined : { user, host: uri?.host ?? '' };
}

function isNumber(text: string): boolean {
  return /^\+?\d+$/.test(text);
}

function withoutSeparators(text: string): string {
  return text.replace(/[-.() \t]/g, '');
}
