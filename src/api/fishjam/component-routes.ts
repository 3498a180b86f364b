import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { Room } from '../../room/room.ts';
import { emptyReply, errorReply, jsonReply, sendUntyped, textReply } from '../reply.ts';
import { withinDeadline } from '../room-deadline.ts';
import { checkedLater, type RouteGroup, unlessMissing } from '../route-group.ts';
import { ComponentOptions, ComponentSchema, componentJson, componentTypes } from './component-json.ts';
import type { FishjamContext } from './fishjam-context.ts';

// Without the enumeration: generated clients of the field have a plain string here.
const ComponentTypeSchema = z.enum(componentTypes, unlessMissing('invalidComponentType')).meta({
  id: 'ComponentType',
  description: 'Component type: hls, rtsp, file, sip or recording',
  example: 'hls',
  enum: undefined,
});

const ComponentDetailsResponse = z.object({ data: ComponentSchema }).meta({
  id: 'ComponentDetailsResponse',
  description: 'Response containing component details',
});

const SubscriptionConfig = z
  .object({
    origins: z
      .array(z.string())
      .describe('List of peers and components ids whose tracks the component will subscribe to'),
  })
  .meta({ id: 'SubscriptionConfig', description: 'Subscription config' });

const room_id = z.string().describe('Room ID');
const id = z.string().describe('Component ID');
const tags = ['room'];

/** docs/contracts/fishjam-rest.md 6.1, 6.7 and 6.8. */
export const componentRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const { rooms, clock, components } = context;
  app.route({
    method: 'POST',
    url: '/room/:room_id/component',
    schema: {
      operationId: 'add_component',
      summary: 'Creates the component and adds it to the room',
      tags,
      params: z.object({ room_id }),
      body: z
        .object({ options: checkedLater(ComponentOptions).optional(), type: ComponentTypeSchema })
        .describe('Component config'),
      response: {
        201: jsonReply(ComponentDetailsResponse, 'Successfully added component'),
        400: errorReply('Invalid request, disabled type, wrong video codec of the room, or component limit reached'),
        404: errorReply("Room doesn't exist"),
        503: errorReply('The component did not start in time, as the server is busy, or there are too many'),
      },
    },
    handler: async (request, reply) => {
      const { type, options } = request.body;
      const room = rooms.get(request.params.room_id);
      const late = new AbortController();
      const creating = components.create(room, type, options, { signal: late.signal });
      const component = await withinDeadline(clock, creating, undefined, () => {
        late.abort();
        request.log.warn({ roomId: room.id, type }, 'A component did not start in time; the machine is busy.');
        return new ShoalError('componentLate', type, room.id);
      });
      reply.code(201);
      // Tracks are shown from the next request on, even if they exist already.
      return { data: { ...componentJson(component), tracks: [] } };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/room/:room_id/component/:id',
    schema: {
      operationId: 'delete_component',
      summary: 'Delete the component from the room',
      tags,
      params: z.object({ room_id, id }),
      response: {
        204: emptyReply('Successfully deleted'),
        404: errorReply("Either component or the room doesn't exist"),
      },
    },
    handler: async (request, reply) => {
      const { room_id: roomId, id: componentId } = request.params;
      const room = rooms.get(roomId);
      if (!room.components.has(componentId)) throw new ShoalError('componentNotFound', componentId);
      // It has left the room at once; what it still writes, nobody waits for.
      room.removeComponent(componentId).catch((err: unknown) => {
        app.log.error({ err, roomId, componentId }, 'A component was not closed cleanly.');
      });
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/room/:room_id/component/:component_id/subscribe',
    schema: {
      operationId: 'subscribe_to',
      summary: 'Subscribe component to the tracks of peers or components',
      tags,
      params: z.object({ room_id, component_id: id }),
      body: SubscriptionConfig,
      response: {
        201: textReply('Tracks successfully added'),
        400: errorReply('Invalid request structure, unknown component, or one that cannot be subscribed by hand'),
        404: errorReply("Room doesn't exist"),
      },
    },
    handler: async (request, reply) => {
      const { origins } = request.body;
      const component = findComponent(rooms.get(request.params.room_id), request.params.component_id);
      components.subscribe(component, origins);
      return sendUntyped(reply.code(201), 'Successfully subscribed for tracks');
    },
  });
};

/** For the routes that reply with 400, where deleting replies with 404. @throws ShoalError componentNotAddressable */
export function findComponent(room: Room, componentId: string): Component {
  const component = room.components.get(componentId);
  if (!component) throw new ShoalError('componentNotAddressable', componentId);
  return component;
}
