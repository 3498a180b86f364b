import { z } from 'zod';
import type { Room } from '../../room/room.ts';
import { ComponentSchema, componentJson } from './component-json.ts';
import { PeerSchema, peerJson } from './peer-json.ts';
import { RoomConfigSchema } from './room-config-json.ts';

export const RoomSchema = z
  .object({
    id: z.string().describe('Room ID').meta({ example: 'room-1' }),
    config: RoomConfigSchema,
    components: z.array(ComponentSchema).describe('List of all components'),
    peers: z.array(PeerSchema).describe('List of all peers'),
  })
  .meta({ id: 'Room', description: 'Description of the room state' });

/** docs/contracts/fishjam-rest.md 3.1. */
export function roomJson(room: Room) {
  return {
    id: room.id,
    config: room.config,
    components: Array.from(room.components.values(), componentJson),
    peers: Array.from(room.peers.values(), peerJson),
  };
}
