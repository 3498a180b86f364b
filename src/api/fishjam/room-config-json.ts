import { z } from 'zod';
import type { ErrorCode } from '../../error/shoal-error.ts';
import { maxRoomIdLength, roomIdPattern } from '../../room/room-config.ts';
import { integerOf } from '../written-number.ts';

/** What the error table calls a wrong member. */
const wrong = {
  roomId: 'invalidRoomId',
  maxPeers: 'invalidMaxPeers',
  videoCodec: 'invalidVideoCodec',
  webhookUrl: 'invalidWebhookUrl',
  peerlessPurgeTimeout: 'invalidPeerlessPurgeTimeout',
  peerDisconnectedTimeout: 'invalidPeerDisconnectedTimeout',
} as const satisfies Record<string, ErrorCode>;

/** Maximum length, in characters. */
const maxWebhookUrl = 2048;

/** A member that may be left out or be `null`, which is the same. */
function unset<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? null);
}

/** Integers of any size, but only those that were written as such. */
function integer(minimum: number, code: ErrorCode) {
  return z.preprocess(
    (value) => integerOf(value, Number.NEGATIVE_INFINITY) ?? value,
    z.number(code).refine(Number.isInteger, code).min(minimum, code).meta({ type: 'integer' }),
  );
}

/** docs/contracts/fishjam-rest.md 4.1: the first wrong member in this order is the one that a client is told of. */
export const RoomConfigSchema = z
  .object({
    roomId: unset(
      z.string(wrong.roomId).max(maxRoomIdLength, wrong.roomId).regex(roomIdPattern, wrong.roomId),
    ).describe(
      `Custom id used for identifying room within Fishjam: up to ${maxRoomIdLength} letters, digits, hyphens and underscores. ` +
        'Must be unique across all rooms. If not provided, random UUID is generated.',
    ),
    maxPeers: unset(integer(0, wrong.maxPeers))
      .describe('Maximum amount of peers allowed into the room')
      .meta({ example: 10 }),
    videoCodec: unset(z.enum(['h264', 'vp8'], wrong.videoCodec)).describe(
      'Enforces video codec for each peer in the room',
    ),
    webhookUrl: unset(
      z.string(wrong.webhookUrl).max(maxWebhookUrl, wrong.webhookUrl).refine(isWebhookUrl, wrong.webhookUrl),
    )
      .describe('URL where Fishjam notifications will be sent; it needs a path')
      .meta({ example: 'https://backend.address.com/fishjam-notifications-endpoint' }),
    peerlessPurgeTimeout: unset(integer(1, wrong.peerlessPurgeTimeout))
      .describe(
        'Duration (in seconds) after which the room will be removed if no peers are connected. ' +
          'If not provided, this feature is disabled.',
      )
      .meta({ example: 60 }),
    peerDisconnectedTimeout: unset(integer(1, wrong.peerDisconnectedTimeout))
      .describe(
        'Duration (in seconds) after which the peer will be removed if it is disconnected. ' +
          'If not provided, this feature is disabled.',
      )
      .meta({ example: 60 }),
  })
  .meta({ id: 'RoomConfig', description: 'Room configuration' });

/** Scheme, host and path, each not empty. The path is looked for in the text, since parsed URLs always have one. */
function isWebhookUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\//i.test(text) && URL.canParse(text);
}
