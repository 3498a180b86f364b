import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { RoomConfig, VideoCodec } from '../../room/room-config.ts';
import type { Members } from '../request-body.ts';
import { integerOf, printed } from '../written-number.ts';

export const RoomConfigSchema = z
  .object({
    roomId: z
      .string()
      .nullable()
      .optional()
      .describe(
        'Custom id used for identifying room within Fishjam: letters, digits, hyphens and underscores. ' +
          'Must be unique across all rooms. If not provided, random UUID is generated.',
      ),
    maxPeers: z
      .int()
      .min(0)
      .nullable()
      .optional()
      .describe('Maximum amount of peers allowed into the room')
      .meta({ example: 10 }),
    videoCodec: z
      .enum(['h264', 'vp8'])
      .nullable()
      .optional()
      .describe('Enforces video codec for each peer in the room'),
    webhookUrl: z
      .string()
      .nullable()
      .optional()
      .describe('URL where Fishjam notifications will be sent; it needs a path')
      .meta({ example: 'https://backend.address.com/fishjam-notifications-endpoint' }),
    peerlessPurgeTimeout: z
      .int()
      .min(1)
      .nullable()
      .optional()
      .describe(
        'Duration (in seconds) after which the room will be removed if no peers are connected. ' +
          'If not provided, this feature is disabled.',
      )
      .meta({ example: 60 }),
    peerDisconnectedTimeout: z
      .int()
      .min(1)
      .nullable()
      .optional()
      .describe(
        'Duration (in seconds) after which the peer will be removed if it is disconnected. ' +
          'If not provided, this feature is disabled.',
      )
      .meta({ example: 60 }),
  })
  .meta({ id: 'RoomConfig', title: 'RoomConfig', description: 'Room configuration' });

const roomId = (value: unknown) => (typeof value === 'string' && /^[\w-]+$/.test(value) ? value : undefined);
const videoCodec = (value: unknown) => (value === 'h264' || value === 'vp8' ? (value as VideoCodec) : undefined);
const webhookUrl = (value: unknown) => (typeof value === 'string' && isWebhookUrl(value) ? value : undefined);
const atLeast = (minimum: number) => (value: unknown) => integerOf(value, minimum);

/**
 * Reads what a room is to be created with: docs/contracts/fishjam-rest.md 4.1. Members are looked at in the order of its table,
 * which is the order of the lines below.
 * @throws ShoalError about the first wrong member
 */
export function readRoomConfig(members: Members): RoomConfig {
  return {
    roomId: read(members.roomId, roomId, 'invalidRoomId') ?? randomUUID(),
    maxPeers: read(members.maxPeers, atLeast(0), 'invalidMaxPeers'),
    videoCodec: read(members.videoCodec, videoCodec, 'invalidVideoCodec'),
    webhookUrl: read(members.webhookUrl, webhookUrl, 'invalidWebhookUrl'),
    peerlessPurgeTimeout: read(members.peerlessPurgeTimeout, atLeast(1), 'invalidPeerlessPurgeTimeout'),
    peerDisconnectedTimeout: read(members.peerDisconnectedTimeout, atLeast(1), 'invalidPeerDisconnectedTimeout'),
  };
}

type ConfigErrorCode =
  | 'invalidRoomId'
  | 'invalidMaxPeers'
  | 'invalidVideoCodec'
  | 'invalidWebhookUrl'
  | 'invalidPeerlessPurgeTimeout'
  | 'invalidPeerDisconnectedTimeout';

/** @param accept gives the value, or undefined when it is wrong */
function read<T>(value: unknown, accept: (value: unknown) => T | undefined, code: ConfigErrorCode): T | null {
  if (value === undefined || value === null) return null;
  const accepted = accept(value);
  if (accepted === undefined) throw new ShoalError(code, printed(value));
  return accepted;
}

/** Scheme, host and path, each not empty. The path is looked for in the text, since parsed URLs always have one. */
function isWebhookUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\//i.test(text) && URL.canParse(text);
}
