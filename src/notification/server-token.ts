import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** The token that backends authenticate with on the server socket. Only its hash is kept in memory. */
export class ServerToken {
  readonly #hash: Buffer;

  constructor(token: Secret) {
    this.#hash = hashOf(token.reveal());
  }

  /** Compares in constant time, which does not depend on the token's length either. */
  matches(candidate: string): boolean {
    return timingSafeEqual(hashOf(candidate), this.#hash);
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
