import { z } from 'zod';
import { type HlsContent, hlsContentOf } from '../../component/hls/hls-content.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { Room } from '../../room/room.ts';
import { containedPath, openContained, type StoredFile } from '../../storage/contained-path.ts';
import { errorReply, fileReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';
import type { FishjamContext } from './fishjam-context.ts';
import { removeAddedType, sendHlsFile, sendHlsResource } from './hls-reply.ts';
import { findHlsResource } from './hls-resource.ts';
import { readPlaylistRequest } from './playlist-request.ts';

/** A number in a query. */
function directive(id: string, description: string) {
  const read = (value: unknown) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value);
  return z.preprocess(read, z.int().min(0).nullable()).meta({ id, description, example: 10 });
}

const Directives = z.object({
  _HLS_msn: directive('HlsMsn', 'Segment sequence number').optional(),
  _HLS_part: directive('HlsPart', 'Partial segment sequence number').optional(),
  _HLS_skip: z
    .string()
    .nullable()
    .meta({ id: 'HlsSkip', description: 'Set to "YES" if delta manifest should be requested', example: 'YES' })
    .optional(),
});

/** docs/contracts/fishjam-rest.md 9. */
export const hlsRoutes: RouteGroup<FishjamContext> =
  ({ rooms, onStreamWatched }) =>
  async (app) => {
    /** @throws ShoalError fileNotFound */
    const contentOf = (roomId: string): HlsContent => {
      const component = findHlsComponent(rooms.find(roomId));
      const content = component && hlsContentOf(component);
      if (!content) throw new ShoalError('fileNotFound');
      return content;
    };

    app.route({
      method: 'GET',
      url: '/hls/:room_id/:filename',
      onSend: removeAddedType,
      schema: {
        operationId: 'getHlsContent',
        summary: 'Retrieve HLS Content',
        tags: ['hls'],
        params: z.object({
          room_id: z.string().describe('Room id'),
          filename: z.string().describe('Name of the file'),
        }),
        headers: z.object({ range: z.string().optional().describe('Ignored: the whole file is sent') }),
        querystring: Directives,
        response: {
          200: fileReply('File was found'),
          400: errorReply('Invalid filename or playlist position'),
          404: errorReply('File not found'),
          503: errorReply('Playlist position not reached in time'),
        },
      },
      handler: async (request, reply) => {
        const { room_id: roomId, filename } = request.params;
        const asked = readPlaylistRequest(filename, request.query);
        const content = contentOf(roomId);
        onStreamWatched?.(roomId, content);
        const resource = await findHlsResource(content, asked);
        if (resource) return sendHlsResource(reply, resource);
        return sendHlsFile(reply, asked.filename, await openFile(content.folder, asked.filename));
      },
    });
  };

/** @throws ShoalError invalidHlsFilename, fileNotFound */
async function openFile(folder: string, filename: string): Promise<StoredFile> {
  const path = containedPath(folder, filename);
  if (path === undefined) throw new ShoalError('invalidHlsFilename', filename);
  const file = await openContained(folder, path);
  if (!file) throw new ShoalError('fileNotFound');
  return file;
}

/** The HLS component of a room, if the room and the component exist. */
export function findHlsComponent(room: Room | undefined): Component | undefined {
  for (const component of room?.components.values() ?? []) {
    if (component.type === 'hls') return component;
  }
  return undefined;
}
