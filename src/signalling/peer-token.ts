import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Secret } from '../config/secret.ts';

/** Validity of a token, in seconds. */
const lifetime = 24 * 60 * 60;
const algorithm = 'HS256';
/** Maximum length of a token, in characters; one with the longest room id has about 1000. */
const maxLength = 4096;

const claims = z.object({ room_id: z.string(), peer_id: z.string() });

/** The peer that a token belongs to, or why the token is refused. */
export type TokenVerdict =
  | { readonly ok: true; readonly roomId: string; readonly peerId: string }
  | { readonly ok: false; readonly reason: 'invalid token' | 'expired token' };

/** Creates and verifies the tokens with which clients connect as a peer: JWTs, opaque to clients, valid for 24 h. */
export class PeerTokens {
  /** Created once: with a string, jsonwebtoken would try to parse a public key at each call. */
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
    if (token.length > maxLength) return { ok: false, reason: 'invalid token' };
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
