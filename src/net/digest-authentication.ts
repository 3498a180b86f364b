import { createHash, randomBytes } from 'node:crypto';
import { type Challenge, parseChallenges, quoted } from './authentication-challenge.ts';
import type { Credentials } from './credentials.ts';

const hashes: Readonly<Record<string, string>> = { md5: 'md5', 'sha-256': 'sha256' };

/**
 * The client side of Digest authentication, RFC 7616 (MD5, SHA-256 and their `-sess` forms; `qop=auth`, or none as in RFC 2069),
 * for any protocol that took it from HTTP: RTSP and SIP.
 */
export class DigestAuthentication {
  readonly realm: string;
  /** Whether the server rejected the nonce as too old and did not check the password. */
  readonly stale: boolean;
  readonly #challenge: Challenge;
  /** As node:crypto calls it. */
  readonly hash: string;
  readonly #session: boolean;
  readonly #cnonce: () => string;
  #nonce: string;
  #uses = 0;

  private constructor(challenge: Challenge, hash: string, cnonce: () => string) {
    const { parameters } = challenge;
    this.#challenge = challenge;
    this.hash = hash;
    this.#session = /-sess$/i.test(parameters.get('algorithm') ?? '');
    this.#cnonce = cnonce;
    this.realm = parameters.get('realm') ?? '';
    this.#nonce = parameters.get('nonce') ?? '';
    this.stale = /^true$/i.test(parameters.get('stale') ?? '');
  }

  /**
   * Picks the strongest supported Digest challenge.
   * @param headers values of WWW-Authenticate or Proxy-Authenticate
   * @param cnonce makes the client nonce of each request; base64 or similar
   * @returns undefined when none of them is supported
   */
  static from(headers: readonly string[], cnonce = randomCnonce): DigestAuthentication | undefined {
    return DigestAuthentication.#usable(headers, cnonce).reduce<DigestAuthentication | undefined>(stronger, undefined);
  }

  /**
   * Picks the strongest supported Digest challenge of each realm: several proxies may want credentials, each for its own
   * (RFC 3261 section 22.3). @param headers and cnonce as in {@link from}
   */
  static perRealm(headers: readonly string[], cnonce = randomCnonce): DigestAuthentication[] {
    const strongest = new Map<string, DigestAuthentication>();
    for (const each of DigestAuthentication.#usable(headers, cnonce)) {
      strongest.set(each.realm, stronger(strongest.get(each.realm), each));
    }
    return [...strongest.values()];
  }

  static #usable(headers: readonly string[], cnonce: () => string): DigestAuthentication[] {
    return headers.flatMap(parseChallenges).flatMap((challenge) => {
      const hash = hashOf(challenge);
      return hash === undefined ? [] : [new DigestAuthentication(challenge, hash, cnonce)];
    });
  }

  get nonce(): string {
    return this.#nonce;
  }

  /** The nonce of the next request: the `nextnonce` of Authentication-Info (RFC 7616 section 3.5). */
  renew(nonce: string): void {
    this.#nonce = nonce;
    this.#uses = 0;
  }

  /**
   * The value of Authorization or Proxy-Authorization. Each call increments the nonce count.
   * @param uri as in the request line
   */
  authorize(method: string, uri: string, { username, password }: Credentials): string {
    const { parameters } = this.#challenge;
    const { realm } = this;
    const algorithm = parameters.get('algorithm');
    const opaque = parameters.get('opaque');
    const qop = parameters.has('qop') ? 'auth' : undefined;
    const cnonce = this.#cnonce();
    this.#uses += 1;
    const nc = this.#uses.toString(16).padStart(8, '0');
    const secret = this.#digest(`${username}:${realm}:${password}`);
    const ha1 = this.#session ? this.#digest(`${secret}:${this.nonce}:${cnonce}`) : secret;
    const ha2 = this.#digest(`${method}:${uri}`);
    const middle = qop ? `${this.nonce}:${nc}:${cnonce}:${qop}` : this.nonce;
    const fields = [
      `username=${quoted(username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(this.nonce)}`,
      `uri=${quoted(uri)}`,
      `response="${this.#digest(`${ha1}:${middle}:${ha2}`)}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(qop || this.#session ? [`cnonce="${cnonce}"`] : []),
      ...(qop ? [`qop=${qop}`, `nc=${nc}`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ];
    return `Digest ${fields.join(', ')}`;
  }

  #digest(text: string): string {
    return createHash(this.hash).update(text).digest('hex');
  }
}

/** The first of two that are equally strong. */
function stronger(one: DigestAuthentication | undefined, other: DigestAuthentication): DigestAuthentication {
  return one && (one.hash === 'sha256' || other.hash !== 'sha256') ? one : other;
}

function randomCnonce(): string {
  return randomBytes(16).toString('base64url');
}

/** Undefined when the challenge is not supported. */
function hashOf({ scheme, parameters }: Challenge): string | undefined {
  if (scheme !== 'digest' || !parameters.has('nonce')) return undefined;
  const qop = parameters.get('qop');
  if (qop !== undefined && !qop.split(',').some((word) => word.trim().toLowerCase() === 'auth')) return undefined;
  return hashes[(parameters.get('algorithm') ?? 'MD5').toLowerCase().replace(/-sess$/, '')];
}
