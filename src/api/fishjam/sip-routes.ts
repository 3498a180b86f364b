import { z } from 'zod';
import type { SipSource } from '../../component/sip/sip-source.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import { emptyReply, errorReply, sendUntyped, textReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';
import { findComponent } from './component-routes.ts';
import type { FishjamContext } from './fishjam-context.ts';

const DialConfig = z
  .object({ phoneNumber: z.string().describe('Phone number on which SIP Component will call') })
  .meta({ id: 'DialConfig', description: 'Dial config' });

const params = z.object({
  room_id: z.string().describe('Room ID'),
  component_id: z.string().describe('SIP Component ID'),
});
const tags = ['sip'];
const failures = {
  400: errorReply('Invalid request structure, unknown component, or one that is not a SIP component'),
  404: errorReply("Room doesn't exist"),
};

/** docs/contracts/fishjam-rest.md 7. */
export const sipRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const { rooms } = context;
  const url = '/sip/:room_id/:component_id/call';

  app.route({
    method: 'POST',
    url,
    schema: {
      operationId: 'dial',
      summary: 'Make a call from the SIP component to the provided phone number',
      tags,
      params,
      body: DialConfig,
      response: { 201: textReply('Call scheduled'), ...failures },
    },
    handler: async (request, reply) => {
      const { phoneNumber } = request.body;
      const component = findComponent(rooms.get(request.params.room_id), request.params.component_id);
      if (component.type !== 'sip') throw new ShoalError('notSipForCall', component.id);
      (component.source as SipSource).dial(phoneNumber);
      return sendUntyped(reply.code(201), `Successfully schedule calling phone_number: ${phoneNumber}`);
    },
  });

  app.route({
    method: 'DELETE',
    url,
    schema: {
      operationId: 'end_call',
      summary: 'Finish call made by SIP component',
      tags,
      params,
      response: { 204: emptyReply('Call ended'), ...failures },
    },
    handler: async (request, reply) => {
      const component = findComponent(rooms.get(request.params.room_id), request.params.component_id);
      if (component.type !== 'sip') throw new ShoalError('notSipForHangUp', component.id);
      (component.source as SipSource).hangUp();
      return reply.code(204).send();
    },
  });
};
