import { z } from 'zod';
import type { RoomRegistry } from '../../room/room-registry.ts';
import { errorReply, jsonReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';

const RoomMetadataResponse = z
  .object({
    data: z
      .any()
      .describe('`null`: nothing. Of a scheduled conference: its `name`, `uid`, `start`, `end` and `moderator`')
      .meta({ type: 'object', nullable: true }),
  })
  .meta({ id: 'RoomMetadataResponse', description: 'What the server knows of a room' });

/** What the server knows of a room: clients of Fishjam would not expect it among the members of a room. */
export const roomMetadataRoutes: RouteGroup<{ readonly rooms: RoomRegistry }> =
  ({ rooms }) =>
  async (app) => {
    app.route({
      method: 'GET',
      url: '/room/:room_id/metadata',
      schema: {
        operationId: 'get_room_metadata',
        summary: 'Shows what the server knows of a room beside its configuration',
        tags: ['room'],
        params: z.object({ room_id: z.string().describe('Room ID') }),
        response: {
          200: jsonReply(RoomMetadataResponse, 'Success'),
          404: errorReply("Room doesn't exist"),
        },
      },
      handler: async ({ params }) => ({ data: rooms.get(params.room_id).metadata ?? null }),
    });
  };
