import { hash, timingSafeEqual } from 'node:crypto';
import { ShoalError } from '../error/shoal-error.ts';

/** The one static token of the API: docs/contracts/fishjam-rest.md 2. */
export class BearerAuthentication {
  /** Digests are of equal length, which the comparison needs; they hide the token's length, too. */
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = hash('sha256', token, 'buffer');
  }

  /** @param header of the request, a character per byte @throws ShoalError missingToken, invalidToken */
  check(header: string | undefined): void {
    const token = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : '';
    if (token === '') throw new ShoalError('missingToken');
    const digest = hash('sha256', Buffer.from(token, 'latin1'), 'buffer');
    if (!timingSafeEqual(digest, this.#digest)) throw new ShoalError('invalidToken');
  }
}
