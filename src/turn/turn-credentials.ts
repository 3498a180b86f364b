import { createHmac } from 'node:crypto';

/** A TURN server as offered to a client. */
export interface TurnEntry {
  /** IP address, or the name in the certificate when the transport is `tls`. */
  readonly serverAddr: string;
  readonly serverPort: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly username: string;
  readonly password: string;
}

/** The source of the TURN servers that peers are offered. */
export interface TurnCredentials {
  /** The TURN servers for this peer, with fresh credentials. Empty when there are none. */
  entriesFor(peerId: string): TurnEntry[];
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Credentials are valid for 48 hours, in ms. A client gets them once, when it opens its connection, and needs them for every later
 * allocation; the protocol cannot replace them. A peer token is valid for 24 hours, and a peer that joined at its end may stay as long again.
 */
export const credentialLifetimeMs = 48 * 3600 * 1000;

/**
 * Time-limited credentials (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`): the username holds the expiry, the password is
 * its HMAC with the secret.
 * @param nowMs milliseconds since the Unix epoch
 */
export function timeLimitedCredentials(
  secret: string,
  peerId: string,
  nowMs: number,
): Pick<TurnEntry, 'username' | 'password'> {
  const username = `${Math.floor((nowMs + credentialLifetimeMs) / 1000)}:${peerId}`;
  return { username, password: createHmac('sha1', secret).update(username).digest('base64') };
}

/** An address as in `turn:<address>:<port>`: IPv6 in brackets. */
export function uriHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
