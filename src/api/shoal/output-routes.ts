import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ShoalError } from '../../error/shoal-error.ts';
import type { RoomOutput } from '../../output/room-output.ts';
import type { OutputRequest, RoomOutputs } from '../../output/room-outputs.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { apiGuard, type BearerAuthentication } from '../bearer-authentication.ts';
import { membersOf } from '../body-parsing.ts';
import { empty, error, json, security, unauthorized } from '../fishjam/answer.ts';
import type { Members } from '../request-body.ts';

const OutputSchema = z
  .object({
    id: z.string(),
    type: z.enum(['file', 'rtmp']),
    state: z.enum(['starting', 'running', 'finished', 'failed']).describe('The last two are final'),
    target: z.string().describe('Path below the resources folder, or the RTMP URL without its secrets'),
    error: z.string().nullable().describe('Why it failed'),
  })
  .meta({ id: 'Output', title: 'Output', description: 'A file or a stream of the composed room' });

const OutputRequestSchema = z
  .object({
    type: z.enum(['file', 'rtmp']),
    options: z
      .object({
        url: z
          .string()
          .optional()
          .describe('RTMP: `rtmp://` or `rtmps://` with application and, unless given apart, key'),
        streamKey: z.string().optional().describe('RTMP: key, appended to the URL'),
        username: z.string().optional(),
        password: z.string().optional(),
      })
      .optional(),
    notify: z.boolean().optional().describe('Whether the webhook of the room is told how the output is'),
  })
  .meta({ id: 'OutputRequest', title: 'OutputRequest', description: 'What to make of a room' });

const OutputResponse = z
  .object({ data: OutputSchema })
  .meta({ id: 'OutputResponse', title: 'OutputResponse', description: 'One output' });
const OutputListResponse = z
  .object({ data: z.array(OutputSchema) })
  .meta({ id: 'OutputListResponse', title: 'OutputListResponse', description: 'All outputs of a room' });

const room_id = z.string().describe('Room ID');
const output_id = z.string().describe('Output ID');
const tags = ['output'];
const notFound = { 404: error("Room or output doesn't exist") };

/** Outputs of rooms for those who do not drive recorders: an API of our own. */
export async function registerOutputRoutes(
  app: FastifyInstance,
  rooms: RoomRegistry<RoomRouter>,
  outputs: RoomOutputs,
  authentication: BearerAuthentication,
): Promise<void> {
  const routes: FastifyPluginAsyncZod = async (scope) => {
    scope.addHook('preValidation', apiGuard(authentication));
    const url = '/room/:room_id/output';

    scope.route({
      method: 'POST',
      url,
      schema: {
        operationId: 'start_output',
        summary: 'Starts a file or a stream of the composed room',
        ...{ tags, security, params: z.object({ room_id }), body: OutputRequestSchema },
        response: { 201: json(OutputResponse, 'Started'), 400: error('Invalid request'), ...unauthorized, ...notFound },
      },
      handler: async (request, reply) => {
        const room = rooms.get(request.params.room_id);
        const members = membersOf(request);
        const output = outputs.start(room, readRequest(members), members.notify === true);
        return reply.code(201).send({ data: outputJson(output) });
      },
    });

    scope.route({
      method: 'GET',
      url,
      schema: {
        operationId: 'get_outputs',
        summary: 'Lists the outputs of a room',
        ...{ tags, security, params: z.object({ room_id }) },
        response: { 200: json(OutputListResponse, 'Success'), ...unauthorized, ...notFound },
      },
      handler: async (request) => ({ data: outputs.list(rooms.get(request.params.room_id)).map(outputJson) }),
    });

    scope.route({
      method: 'GET',
      url: `${url}/:output_id`,
      schema: {
        operationId: 'get_output',
        summary: 'Shows an output',
        ...{ tags, security, params: z.object({ room_id, output_id }) },
        response: { 200: json(OutputResponse, 'Success'), ...unauthorized, ...notFound },
      },
      handler: async ({ params }) => ({ data: outputJson(outputs.get(rooms.get(params.room_id), params.output_id)) }),
    });

    scope.route({
      method: 'DELETE',
      url: `${url}/:output_id`,
      schema: {
        operationId: 'stop_output',
        summary: 'Ends an output; a file is complete when this is answered',
        ...{ tags, security, params: z.object({ room_id, output_id }) },
        response: { 204: empty('Ended'), ...unauthorized, ...notFound },
      },
      handler: async ({ params }, reply) => {
        await outputs.stop(rooms.get(params.room_id), params.output_id);
        return reply.code(204).send();
      },
    });
  };
  await app.register(routes as unknown as FastifyPluginAsync);
}

/** @throws ShoalError invalidOutputType, invalidRtmpUrl, invalidBody */
function readRequest({ type, options = {} }: Members): OutputRequest {
  if (type === 'file') return { type };
  if (type !== 'rtmp') throw new ShoalError('invalidOutputType');
  const shape = { url: z.string(), streamKey: z.string(), username: z.string(), password: z.string() };
  const { success, data } = z.object(shape).partial().safeParse(options);
  if (!success) throw new ShoalError('invalidBody');
  const { url, streamKey, username, password } = data;
  if (!url) throw new ShoalError('invalidRtmpUrl');
  const whole = streamKey ? `${url.replace(/\/$/, '')}/${streamKey}` : url;
  return { type, url: whole, ...(username && password && { credentials: { username, password } }) };
}

function outputJson({ id, state, error, description: { type, target } }: RoomOutput): z.output<typeof OutputSchema> {
  return { id, type, state, target, error };
}
