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

/** State of the embedded relay. */
export interface RelayState {
  /** Number of allocations, at most a few seconds old. */
  readonly allocations: number;
  /** Number of ports from which it relays, one per allocation. */
  readonly ports: number;
  /** How often a client was refused because no relay port was free. */
  readonly refusals: number;
}

/** The source of the TURN servers that peers are offered. */
export interface TurnCredentials {
  /** The TURN servers for this connected peer, with fresh credentials. Empty when there are none. */
  entriesFor(peerId: string): TurnEntry[];
  /** To be called when the connection of the peer has ended: so do its allocations. Idempotent. */
  left(peerId: string): void;
  /** To be called when the peer has restarted ICE: what it no longer needs is ended. @param port remote port of its media */
  restarted(peerId: string, port: number): void;
  /** State of the relay; undefined when it is not part of this server. */
  readonly relay?: RelayState | undefined;
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
  return credentialsUntil(secret, peerId, expiryAt(nowMs));
}

/** The expiry of credentials that are made at this time, in seconds since the Unix epoch. @param nowMs milliseconds since the Unix epoch */
export function expiryAt(nowMs: number): number {
  return Math.floor((nowMs + credentialLifetimeMs) / 1000);
}

/** @param expiry seconds since the Unix epoch */
export function credentialsUntil(
  secret: string,
  peerId: string,
  expiry: number,
): Pick<TurnEntry, 'username' | 'password'> {
  const username = `${expiry}:${peerId}`;
  return { username, password: createHmac('sha1', secret).update(username).digest('base64') };
}

/** An address as in `turn:<address>:<port>`: IPv6 in brackets. */
export function uriHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
