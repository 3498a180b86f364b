import { isUtf8 } from 'node:buffer';

/** White space of ASCII: everything else, bytes beyond it included, may be in a key. */
const form = /^Bearer[ :]([^ \t\n\v\f\r]+)$/;

/**
 * The key of a request: docs/contracts/jitsi-admin.md 2.
 * @param header a character per byte
 * @returns undefined when there is none
 */
export function bearerKey(header: string | undefined): string | undefined {
  const [, given] = form.exec(header ?? '') ?? [];
  if (given === undefined) return undefined;
  const bytes = Buffer.from(given, 'latin1');
  // Web clients send texts of Latin-1 as such.
  return isUtf8(bytes) ? bytes.toString() : given;
}
