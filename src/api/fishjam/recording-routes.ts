import { join } from 'node:path';
import { z } from 'zod';
import { Recordings } from '../../storage/recordings.ts';
import { empty, error, file, json, security, unauthorized } from './answer.ts';
import { fileAnswer } from './file-answer.ts';
import type { FishjamContext, FishjamRoutes } from './fishjam-api.ts';
import { findHlsComponent } from './hls-routes.ts';

const RecordingListResponse = z.object({ data: z.array(z.string()) }).meta({
  id: 'RecordingListResponse',
  title: 'RecordingListResponse',
  description: 'Response containing list of all recording',
});

const recording_id = z.string().describe('Recording id');
const tags = ['recording'];

function recordingsOf({ resourcesBasePath, rooms }: FishjamContext): Recordings {
  return new Recordings(join(resourcesBasePath, 'recordings'), (id) => findHlsComponent(rooms, id) !== undefined);
}

/** docs/contracts/fishjam-rest.md 8: what needs the token. */
export const recordingRoutes: FishjamRoutes = (context) => async (app) => {
  const recordings = recordingsOf(context);

  app.route({
    method: 'GET',
    url: '/recording',
    schema: {
      operationId: 'get_recordings',
      summary: 'Lists all available recordings',
      tags,
      security,
      response: {
        200: json(RecordingListResponse, 'Success'),
        ...unauthorized,
        404: error('Unable to obtain recordings'),
      },
    },
    handler: async () => ({ data: await recordings.list() }),
  });

  app.route({
    method: 'DELETE',
    url: '/recording/:recording_id',
    schema: {
      operationId: 'delete_recording',
      summary: 'Deletes the recording',
      tags,
      security,
      params: z.object({ recording_id }),
      response: {
        204: empty('Successfully deleted recording'),
        400: error('Invalid recording'),
        ...unauthorized,
        404: error("Recording doesn't exist"),
      },
    },
    handler: async (request, reply) => {
      await recordings.delete(request.params.recording_id);
      return reply.code(204).send();
    },
  });
};

/** docs/contracts/fishjam-rest.md 8: what everybody may see. */
export const recordingContentRoutes: FishjamRoutes = (context) => async (app) => {
  const recordings = recordingsOf(context);

  app.route({
    method: 'GET',
    url: '/recording/:recording_id/:filename',
    schema: {
      operationId: 'getRecordingContent',
      summary: 'Retrieve Recording (HLS) Content',
      tags,
      params: z.object({ recording_id, filename: z.string().describe('Name of the file') }),
      response: { 200: file('File was found'), 400: error('Invalid request'), 404: error('File not found') },
    },
    handler: async (request, reply) => {
      const { recording_id: id, filename } = request.params;
      return fileAnswer(reply, filename, await recordings.open(id, filename));
    },
  });
};
