import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { emptyReply, errorReply, jsonReply } from '../reply.ts';
import { withinDeadline } from '../room-deadline.ts';
import type { RouteGroup } from '../route-group.ts';
import type { FishjamContext } from './fishjam-context.ts';
import { RoomConfigSchema } from './room-config-json.ts';
import { RoomSchema, roomJson } from './room-json.ts';

const address = 'Address of the instance where the room was created; all further requests about the room go there';

const RoomCreateDetailsResponse = z
  .object({
    data: z.object({
      room: RoomSchema,
      fishjam_address: z.string().describe(address).meta({ example: 'fishjam1:5003' }),
      jellyfish_address: z.string().describe('The same, for clients of Jellyfish').meta({ example: 'fishjam1:5003' }),
    }),
  })
  .meta({ id: 'RoomCreateDetailsResponse', description: 'Response containing room details' });

const RoomDetailsResponse = z
  .object({ data: RoomSchema })
  .meta({ id: 'RoomDetailsResponse', description: 'Response containing room details' });

const RoomsListingResponse = z.object({ data: z.array(RoomSchema) }).meta({
  id: 'RoomsListingResponse',
  description: 'Response containing list of all rooms',
});

const params = z.object({ room_id: z.string().describe('Room ID') });
const tags = ['room'];
const unknownRoom = { 404: errorReply("Room doesn't exist") };

/** docs/contracts/fishjam-rest.md 4. */
export const roomRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const { rooms, clock, host } = context;
  /** Media may need seconds to flush, for which nobody waits: everything that the API shows has happened at once. */
  const deleteRoom = (roomId: string) => {
    rooms.delete(roomId).catch((err: unknown) => app.log.error({ err, roomId }, 'A room was not closed cleanly.'));
  };

  app.route({
    method: 'POST',
    url: '/room',
    schema: {
      operationId: 'create_room',
      summary: 'Creates a room',
      tags,
      body: RoomConfigSchema,
      response: {
        201: jsonReply(RoomCreateDetailsResponse, 'Room successfully created'),
        400: errorReply('Invalid request structure'),
        503: errorReply('No media worker responds, the server is stopping, or it takes no more rooms'),
      },
    },
    handler: async (request, reply) => {
      const config = { ...request.body, roomId: request.body.roomId ?? randomUUID() };
      const room = await withinDeadline(clock, rooms.create(config), (late) => deleteRoom(late.id));
      reply.code(201);
      return { data: { room: roomJson(room), fishjam_address: host, jellyfish_address: host } };
    },
  });

  app.route({
    method: 'GET',
    url: '/room',
    schema: {
      operationId: 'get_all_rooms',
      summary: 'Show information about all rooms',
      tags,
      response: { 200: jsonReply(RoomsListingResponse, 'Success') },
    },
    handler: async () => ({ data: rooms.list().map(roomJson) }),
  });

  app.route({
    method: 'GET',
    url: '/room/:room_id',
    schema: {
      operationId: 'get_room',
      summary: 'Shows information about the room',
      tags,
      params,
      response: { 200: jsonReply(RoomDetailsResponse, 'Success'), ...unknownRoom },
    },
    handler: async (request) => ({ data: roomJson(rooms.get(request.params.room_id)) }),
  });

  app.route({
    method: 'DELETE',
    url: '/room/:room_id',
    schema: {
      operationId: 'delete_room',
      summary: 'Delete the room',
      tags,
      params,
      response: { 204: emptyReply('Successfully deleted room'), ...unknownRoom },
    },
    handler: async (request, reply) => {
      deleteRoom(rooms.get(request.params.room_id).id);
      return reply.code(204).send();
    },
  });
};
