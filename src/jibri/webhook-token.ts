import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../clock/clock.ts';
import { StartError } from '../error/start-error.ts';

export interface WebhookTokenOptions {
  /** Returns the current RSA key, in PEM form. */
  readonly readKey: () => Promise<string>;
  readonly keyId: string;
  readonly issuer: string;
  readonly audience: string;
  /** Lifetime in ms. */
  readonly lifetime: number;
  readonly clock: Clock;
}

/** Minimum lifetime that receivers accept, in ms. */
const minLifetime = 600_000;

/** The bearer token of webhooks: docs/contracts/jibri.md 5. Renewed after half of its lifetime. */
export class WebhookToken {
  readonly #options: WebhookTokenOptions;
  #key: KeyObject;
  readonly #lifetime: number;
  #token = '';
  #issuedAt = 0;
  #renewAt = Number.NEGATIVE_INFINITY;

  /** @throws when the key cannot be read or is invalid */
  static async open(options: WebhookTokenOptions): Promise<WebhookToken> {
    return new WebhookToken(await options.readKey(), options);
  }

  private constructor(key: string, options: WebhookTokenOptions) {
    this.#options = options;
    this.#key = createPrivateKey(key);
    this.#lifetime = Math.max(options.lifetime, minLifetime);
  }

  /** Reads the key again. @throws when it cannot be read or is invalid; then the old one is kept */
  async reload(): Promise<void> {
    this.#key = createPrivateKey(await this.#options.readKey());
    this.#renewAt = Number.NEGATIVE_INFINITY;
  }

  /** A token that is valid for at least half of its lifetime. */
  current(): string {
    const now = this.#options.clock.now();
    // Receivers refuse a token of the future: the time of day may have been set back.
    if (now >= this.#renewAt || now < this.#issuedAt) this.#renew(now);
    return this.#token;
  }

  #renew(now: number): void {
    const { keyId, issuer, audience } = this.#options;
    const iat = Math.floor(now / 1000);
    const claims = { iss: issuer, aud: audience, iat, exp: iat + Math.floor(this.#lifetime / 1000) };
    this.#token = jsonwebtoken.sign(claims, this.#key, { algorithm: 'RS256', keyid: keyId });
    this.#issuedAt = now;
    this.#renewAt = now + this.#lifetime / 2;
  }
}

/** @returns the key in PEM form @throws {StartError} when the file has no key that can sign */
export async function readTokenKey(path: string): Promise<string> {
  try {
    const key = await readFile(path, 'utf8');
    if (createPrivateKey(key).asymmetricKeyType !== 'rsa') throw new Error('it is no RSA key');
    return key;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new StartError(`Cannot use the key ${path} of JIBRI_JWT_KEY_PATH: ${reason}`, { cause: error });
  }
}
