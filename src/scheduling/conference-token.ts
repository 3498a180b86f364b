import { createSecretKey, type KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { z } from 'zod';
import type { ConferenceDetails, ConferenceServer } from './conference.ts';

/** Maximum length of a name in a link or a token, in characters. */
const maxName = 200;
/** Maximum length of a token, in characters. */
const maxToken = 8192;
const audience = 'jitsi_admin';
const algorithm = 'HS256';

const Claims = z.object({
  room: z.string(),
  context: z.object({ user: z.object({ name: z.string(), email: z.string() }) }),
});

export interface ConferenceParticipant {
  readonly displayName: string;
  readonly moderator: boolean;
  /** Undefined: a telephone. */
  readonly email?: string;
}

/**
 * The token for a conference's server, which never expires: docs/contracts/jitsi-admin.md 5.
 * @returns undefined when the server has no id or no secret
 */
export function conferenceToken(
  { server, number, name }: ConferenceDetails,
  { displayName, moderator, email }: ConferenceParticipant,
): string | undefined {
  const key = keyOf(server);
  if (!key) return undefined;
  const user = { name: shortName(displayName), ...(email !== undefined && { email }) };
  const context = { room: { name: shortName(name) }, user };
  const claims = { aud: audience, iss: server.appId, sub: server.url, room: number, context, moderator };
  return jsonwebtoken.sign(claims, key, { algorithm, noTimestamp: true });
}

/** Who has a token of a conference, which another server issued. @returns undefined when it is none, or says nobody */
export function tokenBearer(
  { server, number }: ConferenceDetails,
  token: string,
): { readonly name: string; readonly email: string } | undefined {
  const key = keyOf(server);
  if (!key || token.length > maxToken) return undefined;
  try {
    const claims = Claims.parse(jsonwebtoken.verify(token, key, { algorithms: [algorithm], audience }));
    return claims.room === number ? claims.context.user : undefined;
  } catch {
    return undefined;
  }
}

export function shortName(name: string): string {
  return name.slice(0, maxName).toWellFormed();
}

function keyOf({ appId, appSecret }: ConferenceServer): KeyObject | undefined {
  const secret = appSecret?.reveal() ?? '';
  return appId === '' || secret === '' ? undefined : createSecretKey(secret, 'utf8');
}
