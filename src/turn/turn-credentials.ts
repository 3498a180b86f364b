import { createHmac } from 'node:crypto';
import type { TurnEntry } from './turn-entry.ts';

/** Where peers get the TURN servers that they are told. */
export interface TurnCredentials {
  /** The servers for this peer, with fresh credentials. Empty when there is none. */
  entriesFor(peerId: string): TurnEntry[];
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * How long credentials hold: 48 hours. A client reads them once, when it opens its connection, and needs them for every later allocation,
 * while the server cannot give it new ones. Peer tokens hold for 24 hours, and who joined with one may stay as long again.
 */
export const credentialLifetimeMs = 48 * 3600 * 1000;

/**
 * Time-limited credentials (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`): the name says when they end, and the password
 * proves that whoever made them knows the secret.
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

/** An address as it stands in `turn:<address>:<port>`: IPv6 in brackets. */
export function uriHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
