/** Written in place of a secret. */
export const redacted = '[secret]';

/**
 * The text with the secrets of its URLs redacted: credentials, stream keys, and what follows the public part of a path. Parameters are
 * not looked at. The time is linear in the length: no part of the text is looked at again.
 */
export function redactUrls(text: string): string {
  let result = '';
  let done = 0;
  for (let mark = text.indexOf('://'); mark >= 0; mark = text.indexOf('://', done)) {
    const start = Math.max(done, mark - maxScheme);
    const end = indexOf(text, /\s/g, mark);
    result += text.slice(done, start) + redactWord(text.slice(start, end));
    done = end;
  }
  return result + text.slice(done);
}

/** Longest scheme that is looked for in front of `://`. */
const maxScheme = 32;

/** @param word may hold several URLs, one within the other or between quotes */
function redactWord(word: string): string {
  const lastAt = word.lastIndexOf('@');
  let result = '';
  let done = 0;
  for (let mark = word.indexOf('://'); mark >= 0; mark = word.indexOf('://', done)) {
    const begin = mark + 3;
    const scheme = /[a-z][a-z\d+.-]*$/i.exec(word.slice(Math.max(done, mark - maxScheme), mark))?.[0];
    result += word.slice(done, begin);
    done = begin;
    if (scheme === undefined) continue;
    const at = endOfCredentials(word, begin, lastAt);
    if (at >= 0) result += `${redacted}@`;
    const host = Math.max(begin, at + 1);
    done = indexOf(word, endOfAuthority, host);
    result += word.slice(host, done);
    const next = word.indexOf('://', done);
    const tail = word.slice(done, next < 0 ? word.length : next).split(/["'<>]/, 1)[0] ?? '';
    const shown = /^rtmp/i.test(scheme) ? publicRtmpPath(tail) : publicPath(word.slice(host, done), tail);
    if (shown === undefined) continue;
    result += shown + redacted;
    done = indexOf(word, /["'<>]/g, done);
  }
  return result + word.slice(done);
}

const endOfAuthority = /[/?#"'<>]/g;

/**
 * Where the credentials of a URL end, at an `@`; -1 = there are none. A password may hold characters that no URL has, so everything
 * between a colon and the last `@` may be one.
 * @param lastAt of the whole word
 */
function endOfCredentials(word: string, begin: number, lastAt: number): number {
  if (lastAt < begin) return -1;
  const end = indexOf(word, endOfAuthority, begin);
  const authority = word.slice(begin, end);
  const isAddress = /^[^:]*(:\d{0,5})?$/.test(authority) && /["'<>]/.test(word[end] ?? '');
  if (authority.includes(':') && !isAddress) return lastAt;
  const at = authority.lastIndexOf('@');
  return at < 0 ? -1 : begin + at;
}

/** What may be shown of the path of an RTMP URL: the application, unless it is the only name. Undefined: everything. */
function publicRtmpPath(tail: string): string | undefined {
  if (tail === '' || tail === '/') return undefined;
  return /^\/[^/?#]+\/(?=.)/s.exec(tail)?.[0] ?? (tail.startsWith('/') ? '/' : '');
}

/** What may be shown of the path of another URL. Undefined: everything. */
function publicPath(host: string, tail: string): string | undefined {
  if (/hook/i.test(host) && tail.length > 1) return '/';
  const path = tail.split(/[?#]/, 1)[0] ?? '';
  const names = path.split('/');
  const secret = names.findIndex((name, index) => isRandom(name) || isBeforeSecret(names[index - 1], name));
  return secret < 0
    ? undefined
    : names
        .slice(0, secret)
        .map((name) => `${name}/`)
        .join('');
}

/** Receivers of webhooks are told from strangers by what follows such a name. */
function isBeforeSecret(before: string | undefined, name: string): boolean {
  return before !== undefined && name !== '' && /hook|callback|notif|^(key|token|secret)s?$/i.test(before);
}

/** Long, of letters of both cases and digits, as generated keys are. */
function isRandom(name: string): boolean {
  return name.length >= 24 && /^[\w:-]+$/.test(name) && /[a-z]/.test(name) && /[A-Z]/.test(name) && /\d/.test(name);
}

function indexOf(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
