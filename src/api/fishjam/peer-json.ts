import { z } from 'zod';
import type { Peer } from '../../room/peer.ts';
import { unlessMissing } from '../route-group.ts';
import { TrackSchema, trackJson } from './track-json.ts';

// Without the enumeration: generated clients of the field have a plain string here.
export const PeerType = z.enum(['webrtc'], unlessMissing('invalidPeerType')).meta({
  id: 'PeerType',
  description: 'Peer type',
  example: 'webrtc',
  enum: undefined,
});

const PeerStatus = z.enum(['connected', 'disconnected']).meta({
  id: 'PeerStatus',
  description: 'Informs about the peer status',
  example: 'disconnected',
});

const PeerMetadata = z.any().meta({
  id: 'PeerMetadata',
  description: 'Custom metadata set by the peer',
  nullable: true,
  example: { name: 'FishjamUser' },
});

export const PeerSchema = z
  .object({
    id: z.string().describe('Assigned peer id').meta({ example: 'peer-1' }),
    type: PeerType,
    status: PeerStatus,
    tracks: z.array(TrackSchema).describe("List of all peer's tracks"),
    metadata: PeerMetadata,
  })
  .meta({ id: 'Peer', description: 'Describes peer status' });

/** docs/contracts/fishjam-rest.md 3.2. */
export function peerJson(peer: Peer): z.output<typeof PeerSchema> {
  return {
    id: peer.id,
    type: peer.type,
    status: peer.status,
    tracks: Array.from(peer.tracks.values(), trackJson),
    metadata: peer.metadata,
  };
}
