import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Secret } from '../config/secret.ts';

/** Seconds for which a token may be used to connect. */
const lifetime = 24 * 60 * 60;
const algorithm = 'HS256';

const claims = z.object({ room_id: z.string(), peer_id: z.string() });

/** Whom a token belongs to, or why it does not count. */
export type TokenVerdict =
  | { readonly ok: true; readonly roomId: string; readonly peerId: string }
  | { readonly ok: false; readonly reason: 'invalid token' | 'expired token' };

/** Makes and checks the tokens with which clients connect as a peer: JWTs, opaque to clients, valid for 24 h. */
export class PeerTokens {
  /** Made once: from a string, jsonwebtoken would first try to make a public key each time. */
  readonly #key: KeyObject;
  readonly #now: () => number;

  /** @param now milliseconds since the Unix epoch */
  constructor(key: Secret, now: () => number = Date.now) {
    this.#key = createSecretKey(key.reveal(), 'utf8');
    this.#now = now;
  }

  issue(roomId: string, peerId: string): string {
    const iat = Math.floor(this.#now() / 1000);
    const payload = { room_id: roomId, peer_id: peerId, iat, exp: iat + lifetime };
    return jwt.sign(payload, this.#key, { algorithm });
  }

  verify(token: string): TokenVerdict {
    try {
      const clockTimestamp = Math.floor(this.#now() / 1000);
      const payload = jwt.verify(token, this.#key, { algorithms: [algorithm], clockTimestamp });
      const { room_id: roomId, peer_id: peerId } = claims.parse(payload);
      return { ok: true, roomId, peerId };
    } catch (error) {
      return { ok: false, reason: error instanceof jwt.TokenExpiredError ? 'expired token' : 'invalid token' };
    }
  }
}
