export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The credentials in the user part of a URL; undefined when it has none. */
export function credentialsOf({ username, password }: URL): Credentials | undefined {
  return username || password ? { username: decode(username), password: decode(password) } : undefined;
}

/** The value of an Authorization header of the Basic scheme (RFC 7617). */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Decodes percent-encoding; returns the text as it is when it is malformed. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
