import { createHash } from 'node:crypto';
import type { Credentials } from '../../net/credentials.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('base64');

/**
 * The query that a publisher appends to the application name when a server requires authentication, as common encoders do.
 * @param description with which the server refused the connection
 * @param challenge our own challenge, hexadecimal
 * @returns undefined when the server requires something else or has refused these credentials
 */
export function adobeAuthentication(
  description: string,
  credentials: Credentials,
  challenge: string,
): string | undefined {
  if (!/authmod=adobe/.test(description)) return undefined;
  const { username, password } = credentials;
  const user = `?authmod=adobe&user=${encodeURIComponent(username)}`;
  if (/code=403 need auth/.test(description)) return user;
  if (!/reason=needauth/.test(description)) return undefined;
  const { salt = '', challenge: theirs = '', opaque = '' } = parameters(description);
  const response = md5(md5(username + salt + password) + (opaque || theirs) + challenge);
  return `${user}&challenge=${challenge}&response=${response}${opaque && `&opaque=${opaque}`}`;
}

/** Values are not decoded: plus signs in base64 stand for themselves. */
function parameters(description: string): Record<string, string | undefined> {
  const query = description.slice(description.lastIndexOf('?') + 1).trim();
  return Object.fromEntries(
    query.split('&').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
