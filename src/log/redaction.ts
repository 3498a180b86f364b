import { redactParameters } from './parameter-secrets.ts';
import { redacted, redactUrls } from './url-secrets.ts';

/**
 * Fields whose value is never written, at any depth. Compared in lower case and without `_` and `-`, so that one entry covers
 * `streamKey`, `stream_key` and `Stream-Key`. This list and the patterns of this folder are the only place where log secrets are known.
 */
const secretFields: ReadonlySet<string> = new Set([
  'jwt',
  'secretkeybase',
  'accesskeyid',
  'cookie',
  'setcookie',
  'icepwd',
  'pwd',
]);
const secretFieldEnd =
  /(authorization|token|password|passwd|passphrase|credentials?|secret|accesskey|secretkey|apikey|streamkey|privatekey|signature)$/;

/** An authorization header in a message. */
const authorization = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
/** Names between dots, of which some may be a JSON web token. None is looked at from two places. */
const dotted = /(?<![\w.-])[\w-]+(?:\.[\w-]*){2,}/g;

/** How often a text may be percent-encoded. */
const maxEncodings = 3;
/** Limits of what is written of a value: characters of a text, members of an object or array, and their depth. */
const maxText = 8192;
const maxMembers = 100;
const maxDepth = 8;
/** Characters of a text that are looked at. */
const maxRead = 4 * maxText;

/** Whether the value of a field of this name must not be written. */
export function isSecretField(name: string): boolean {
  const canonical = name.slice(-64).toLowerCase().replace(/[_-]/g, '');
  return secretFields.has(canonical) || secretFieldEnd.test(canonical);
}

/**
 * The text with passwords in URLs, stream keys and tokens redacted, cut where it is too long for a log. The time is linear in its
 * length.
 */
export function redactText(text: string): string {
  if (text.length <= maxText) return redactWhole(text);
  // A word that is cut off may have been a secret, which only its end would show.
  const read = text.length <= maxRead ? text : text.slice(0, maxRead).replace(/(?<!\S)\S+$/, '');
  return `${redactWhole(read).slice(0, maxText)}… (${text.length} characters)`;
}

/** A copy of any JSON value with secrets redacted and without what is too long, too much or too deep to be written. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, maxMembers).map((item) => redactValue(item, depth + 1));
    return value.length > maxMembers ? [...items, `… (${value.length} items)`] : items;
  }
  const names = Object.keys(value);
  const pairs = names.slice(0, maxMembers).map((name) => {
    const member = (value as Record<string, unknown>)[name];
    return [redactText(name), isSecretField(name) ? redacted : redactValue(member, depth + 1)];
  });
  if (names.length > maxMembers) pairs.push(['…', `${names.length} members`]);
  return Object.fromEntries(pairs);
}

function redactWhole(text: string): string {
  return redactEncoded(redactPlain(text), maxEncodings);
}

function redactPlain(text: string): string {
  return redactParameters(redactUrls(text)).replace(authorization, `$1 ${redacted}`).replace(dotted, withoutToken);
}

/** Names between dots up to where a JSON web token begins. */
function withoutToken(text: string): string {
  const names = text.split('.');
  for (const [index, name] of names.slice(0, -2).entries()) {
    const start = name.search(/(?<!\w)eyJ[\w-]/);
    if (start < 0 || names[index + 1] === '') continue;
    return [...names.slice(0, index), name.slice(0, start) + redacted].join('.');
  }
  return text;
}

/** Words that hold secrets once their escapes are decoded are written decoded, with the secrets redacted. */
function redactEncoded(text: string, encodings: number): string {
  if (encodings === 0 || !text.includes('%')) return text;
  return text.replace(/\S+/g, (word) => {
    const decoded = word.includes('%') ? decode(word) : word;
    if (decoded === word) return word;
    const safe = redactEncoded(redactPlain(decoded), encodings - 1);
    return safe === decoded ? word : safe;
  });
}

/** Decodes what escapes are whole, as UTF-8. */
function decode(text: string): string {
  const bytes = Buffer.from(text);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    const escaped = byte === 0x25 ? hexValue(bytes[index + 1]) * 16 + hexValue(bytes[index + 2]) : Number.NaN;
    bytes[length] = Number.isNaN(escaped) ? byte : escaped;
    if (!Number.isNaN(escaped)) index += 2;
    length += 1;
  }
  return bytes.toString('utf8', 0, length);
}

/** NaN: no hexadecimal digit. */
function hexValue(byte: number | undefined): number {
  return byte === undefined ? Number.NaN : (hexDigits[byte] ?? Number.NaN);
}

const hexDigits = Array.from({ length: 128 }, (_, code) => {
  const digit = String.fromCharCode(code);
  return /[\da-f]/i.test(digit) ? Number.parseInt(digit, 16) : Number.NaN;
});
