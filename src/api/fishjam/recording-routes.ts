import { join } from 'node:path';
import { z } from 'zod';
import { Recordings } from '../../component/hls/recordings.ts';
import { roomOfFolder } from '../../storage/folder-name.ts';
import { emptyReply, errorReply, fileReply, jsonReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';
import type { FishjamContext } from './fishjam-context.ts';
import { sendHlsFile } from './hls-reply.ts';
import { findHlsComponent } from './hls-routes.ts';

const RecordingListResponse = z.object({ data: z.array(z.string()) }).meta({
  id: 'RecordingListResponse',
  description: 'Response containing list of all recording',
});

const recording_id = z.string().describe('Recording id');
const tags = ['recording'];

function recordingsOf({ resourcesBasePath, rooms, components }: FishjamContext): Recordings {
  return new Recordings(join(resourcesBasePath, 'recordings'), (name) => {
    const room = roomOfFolder(rooms, name);
    return room !== undefined && (findHlsComponent(room) !== undefined || components.isCreating(room, 'hls'));
  });
}

/** docs/contracts/fishjam-rest.md 8: what needs the token. */
export const recordingRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const recordings = recordingsOf(context);

  app.route({
    method: 'GET',
    url: '/recording',
    schema: {
      operationId: 'get_recordings',
      summary: 'Lists all available recordings',
      tags,
      response: {
        200: jsonReply(RecordingListResponse, 'Success'),
        404: errorReply('Unable to obtain recordings'),
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
      params: z.object({ recording_id }),
      response: {
        204: emptyReply('Successfully deleted recording'),
        400: errorReply('Invalid recording'),
        404: errorReply("Recording doesn't exist"),
      },
    },
    handler: async (request, reply) => {
      await recordings.delete(request.params.recording_id);
      return reply.code(204).send();
    },
  });
};

/** docs/contracts/fishjam-rest.md 8: what everybody may see. */
export const recordingContentRoutes: RouteGroup<FishjamContext> = (context) => async (app) => {
  const recordings = recordingsOf(context);

  app.route({
    method: 'GET',
    url: '/recording/:recording_id/:filename',
    schema: {
      operationId: 'getRecordingContent',
      summary: 'Retrieve Recording (HLS) Content',
      tags,
      params: z.object({ recording_id, filename: z.string().describe('Name of the file') }),
      response: {
        200: fileReply('File was found'),
        400: errorReply('Invalid request'),
        404: errorReply('File not found'),
      },
    },
    handler: async (request, reply) => {
      const { recording_id: id, filename } = request.params;
      return sendHlsFile(reply, filename, await recordings.open(id, filename));
    },
  });
};
