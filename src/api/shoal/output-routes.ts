import { z } from 'zod';
import { flag, nullable } from '../../component/option-cast.ts';
import { type ErrorCode, ShoalError } from '../../error/shoal-error.ts';
import type { RoomOutput } from '../../output/room-output.ts';
import type { OutputRequest, RoomOutputs } from '../../output/room-outputs.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { emptyReply, errorReply, jsonReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';

const OutputSchema = z
  .object({
    id: z.string(),
    type: z.enum(['file', 'rtmp']),
    state: z.enum(['starting', 'running', 'finished', 'failed']).describe('The last two are final'),
    target: z.string().describe('Path below the resources folder, or the RTMP URL without its secrets'),
    error: z.string().nullable().describe('Why it failed'),
  })
  .meta({ id: 'Output', description: 'A file or a stream of the composed room' });

const OutputRequestSchema = z
  .object({
    type: z.enum(['file', 'rtmp'], 'invalidOutputType' satisfies ErrorCode),
    options: nullable(
      z.object({
        url: nullable(z.string()).describe(
          'RTMP: `rtmp://` or `rtmps://` with application and, unless given apart, key',
        ),
        streamKey: nullable(z.string()).describe('RTMP: key, appended to the URL'),
        username: nullable(z.string()),
        password: nullable(z.string()),
      }),
    ),
    notify: nullable(flag()).describe('Whether the webhook of the room is told how the output is'),
  })
  .meta({ id: 'OutputRequest', description: 'What to make of a room' });

const OutputResponse = z.object({ data: OutputSchema }).meta({ id: 'OutputResponse', description: 'One output' });
const OutputListResponse = z
  .object({ data: z.array(OutputSchema) })
  .meta({ id: 'OutputListResponse', description: 'All outputs of a room' });

const room_id = z.string().describe('Room ID');
const output_id = z.string().describe('Output ID');
const tags = ['output'];
const notFound = { 404: errorReply("Room or output doesn't exist") };

/** What the routes of outputs stand on. */
export interface OutputContext {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly outputs: RoomOutputs;
}

/** Outputs of rooms for those who do not drive recorders: an API of our own. */
export const outputRoutes: RouteGroup<OutputContext> =
  ({ rooms, outputs }) =>
  async (app) => {
    const url = '/room/:room_id/output';

    app.route({
      method: 'POST',
      url,
      schema: {
        operationId: 'start_output',
        summary: 'Starts a file or a stream of the composed room',
        ...{ tags, params: z.object({ room_id }), body: OutputRequestSchema },
        response: {
          201: jsonReply(OutputResponse, 'Started'),
          400: errorReply('Invalid request'),
          ...notFound,
        },
      },
      handler: async (request, reply) => {
        const room = rooms.get(request.params.room_id);
        const output = outputs.start(room, readRequest(request.body), request.body.notify ?? false);
        return reply.code(201).send({ data: outputJson(output) });
      },
    });

    app.route({
      method: 'GET',
      url,
      schema: {
        operationId: 'get_outputs',
        summary: 'Lists the outputs of a room',
        ...{ tags, params: z.object({ room_id }) },
        response: { 200: jsonReply(OutputListResponse, 'Success'), ...notFound },
      },
      handler: async (request) => ({ data: outputs.list(rooms.get(request.params.room_id)).map(outputJson) }),
    });

    app.route({
      method: 'GET',
      url: `${url}/:output_id`,
      schema: {
        operationId: 'get_output',
        summary: 'Shows an output',
        ...{ tags, params: z.object({ room_id, output_id }) },
        response: { 200: jsonReply(OutputResponse, 'Success'), ...notFound },
      },
      handler: async ({ params }) => ({ data: outputJson(outputs.get(rooms.get(params.room_id), params.output_id)) }),
    });

    app.route({
      method: 'DELETE',
      url: `${url}/:output_id`,
      schema: {
        operationId: 'stop_output',
        summary: 'Ends an output; a file is complete with the response',
        ...{ tags, params: z.object({ room_id, output_id }) },
        response: { 204: emptyReply('Ended'), ...notFound },
      },
      handler: async ({ params }, reply) => {
        await outputs.stop(rooms.get(params.room_id), params.output_id);
        return reply.code(204).send();
      },
    });
  };

/** @throws ShoalError invalidRtmpUrl */
function readRequest({ type, options }: z.output<typeof OutputRequestSchema>): OutputRequest {
  if (type === 'file') return { type };
  const { url, streamKey, username, password } = options ?? {};
  if (!url) throw new ShoalError('invalidRtmpUrl');
  const whole = streamKey ? `${url.replace(/\/$/, '')}/${streamKey}` : url;
  const target = { url: whole, ...(streamKey && { streamKey }) };
  return { type, ...target, ...(username && password && { credentials: { username, password } }) };
}

function outputJson({ id, state, error, description: { type, target } }: RoomOutput): z.output<typeof OutputSchema> {
  return { id, type, state, target, error };
}
