import { z } from 'zod';
import { wholeNumber } from '../../component/option-cast.ts';
import type { CallLog } from '../../component/sip/call-log.ts';
import type { SipCallStatus, SipSource } from '../../component/sip/sip-source.ts';
import { type ErrorCode, ShoalError } from '../../error/shoal-error.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { emptyReply, errorReply, jsonReply } from '../reply.ts';
import { type RouteGroup, unlessMissing } from '../route-group.ts';

const CallSchema = z
  .object({
    id: z.string(),
    componentId: z.string(),
    direction: z.enum(['outgoing', 'incoming']),
    party: z.string().describe('Number or address of the other side'),
    state: z
      .enum(['pending', 'calling', 'ringing', 'in_call', 'held', 'ended'])
      .describe('`pending`: waits for the registration'),
    durationMs: z.int().nullable().describe('Time since it was answered, until its end'),
    codec: z.enum(['pcma', 'pcmu', 'opus']).nullable(),
    encrypted: z.boolean().nullable().describe('Whether its audio is encrypted'),
    reason: z.string().nullable().describe('Why it ended'),
    status: z.int().nullable().describe('Status of the SIP response that ended it'),
  })
  .meta({ id: 'Call', description: 'A call of a SIP component' });

const ComponentCallSchema = z
  .object({
    registration: z
      .object({
        state: z.enum(['registering', 'registered', 'failed', 'closed']),
        error: z.string().nullable().describe('Why the last attempt failed'),
      })
      .nullable(),
    call: CallSchema.nullable().describe('The call that goes on'),
  })
  .meta({ id: 'ComponentCall', description: 'Registration and call of a SIP component' });

const DtmfRequest = z
  .object({
    digits: z
      .string()
      .regex(/^[\d*#A-D]{1,64}$/, unlessMissing('invalidDtmf' satisfies ErrorCode))
      .describe('1 to 64 of `0-9*#ABCD`')
      .meta({ example: '12#' }),
    durationMs: wholeNumber(40, 2000).prefault(160).describe('Of each digit, in ms'),
  })
  .meta({ id: 'DtmfRequest', description: 'Keys to press' });

const ComponentCallResponse = z
  .object({ data: ComponentCallSchema })
  .meta({ id: 'ComponentCallResponse', description: 'Registration and call of a SIP component' });
const CallListResponse = z
  .object({ data: z.array(CallSchema) })
  .meta({ id: 'CallListResponse', description: 'Calls of a room' });

const room_id = z.string().describe('Room ID');
const component_id = z.string().describe('SIP Component ID');
const tags = ['sip'];
const failures = {
  400: errorReply('Invalid request, or not a SIP component'),
  404: errorReply("Room or component doesn't exist"),
};

/** What the routes of calls stand on. */
export interface CallContext {
  readonly rooms: RoomRegistry<RoomRouter>;
  /** Undefined: SIP is not allowed. */
  readonly calls?: CallLog | undefined;
}

/** What the API of Fishjam does not tell about calls, nor do with them. */
export const callRoutes: RouteGroup<CallContext> =
  ({ rooms, calls }) =>
  async (app) => {
    const sipOf = (params: { room_id: string; component_id: string }): SipSource => {
      const component = rooms.get(params.room_id).components.get(params.component_id);
      if (!component) throw new ShoalError('componentNotFound', params.component_id);
      if (component.type !== 'sip') throw new ShoalError('notSipForCall', component.id);
      return component.source as SipSource;
    };

    app.route({
      method: 'GET',
      url: '/sip/:room_id/:component_id/call',
      schema: {
        operationId: 'get_call',
        summary: 'Shows registration and call of a SIP component',
        ...{ tags, params: z.object({ room_id, component_id }) },
        response: { 200: jsonReply(ComponentCallResponse, 'Success'), ...failures },
      },
      handler: async ({ params }) => {
        const { registration, call } = sipOf(params);
        return {
          data: {
            registration: registration ? { state: registration.state, error: registration.error ?? null } : null,
            call: call ? callJson(call) : null,
          },
        };
      },
    });

    app.route({
      method: 'GET',
      url: '/sip/:room_id/call',
      schema: {
        operationId: 'get_calls',
        summary: 'Lists the calls of a room, the last 32 that ended included, as their components have left',
        ...{ tags, params: z.object({ room_id }) },
        response: { 200: jsonReply(CallListResponse, 'Success'), 404: failures[404] },
      },
      handler: async ({ params }) => {
        const room = rooms.get(params.room_id);
        return { data: (calls?.list(room) ?? []).map(callJson) };
      },
    });

    app.route({
      method: 'POST',
      url: '/sip/:room_id/:component_id/dtmf',
      schema: {
        operationId: 'send_dtmf',
        summary: 'Sends keys to the telephone, one after the other',
        ...{ tags, params: z.object({ room_id, component_id }), body: DtmfRequest },
        response: {
          204: emptyReply('They are being sent'),
          409: errorReply('There is no answered call, or its telephone takes no DTMF'),
          ...failures,
        },
      },
      handler: async ({ params, body }, reply) => {
        sipOf(params).sendDtmf(body.digits, body.durationMs);
        return reply.code(204).send();
      },
    });
  };

function callJson(call: SipCallStatus): z.output<typeof CallSchema> {
  const { id, componentId, direction, party, state, durationMs, codec, encrypted, end } = call;
  return {
    ...{ id, componentId, direction, party, state },
    ...{ durationMs: durationMs ?? null, codec: codec ?? null, encrypted: encrypted ?? null },
    ...{ reason: end?.reason ?? null, status: end?.status ?? null },
  };
}
