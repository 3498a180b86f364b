import { z } from 'zod';
import type { Track } from '../../room/track.ts';

export const TrackSchema = z
  .object({
    id: z.string().optional(),
    type: z.enum(['audio', 'video']).optional(),
    metadata: z.any().nullable().optional(),
  })
  .meta({ id: 'Track', description: 'Describes media track of a Peer or Component' });

/** docs/contracts/fishjam-rest.md 3.3. */
export function trackJson(track: Track) {
  return { id: track.id, type: track.type, metadata: track.metadata };
}
