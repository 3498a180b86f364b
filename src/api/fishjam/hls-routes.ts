import { z } from 'zod';
import type { HlsContent, PlaylistPosition } from '../../component/hls-content.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Component } from '../../room/component.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import { containedPath, openContained, type StoredFile } from '../../storage/contained-path.ts';
import { FrameworkError } from '../framework-error.ts';
import type { Members } from '../request-body.ts';
import { error, file } from './answer.ts';
import { addPlaylistType, fileAnswer } from './file-answer.ts';
import type { FishjamRoutes } from './fishjam-api.ts';
import { untypedAnswer } from './untyped-answer.ts';

const HlsMsn = z
  .int()
  .min(0)
  .nullable()
  .meta({ id: 'HlsMsn', title: 'HlsMsn', description: 'Segment sequence number', example: 10 });

const HlsPart = z
  .int()
  .min(0)
  .nullable()
  .meta({ id: 'HlsPart', title: 'HlsPart', description: 'Partial segment sequence number', example: 10 });

const HlsSkip = z.string().nullable().meta({
  id: 'HlsSkip',
  title: 'HlsSkip',
  description: 'Set to "YES" if delta manifest should be requested',
  example: 'YES',
});

/** Section 9 of the REST contract. */
export const hlsRoutes: FishjamRoutes =
  ({ rooms, componentKinds }) =>
  async (app) => {
    /** @throws ShoalError fileNotFound */
    const contentOf = (roomId: string): HlsContent => {
      const component = findHlsComponent(rooms, roomId);
      const content = component && componentKinds.get('hls')?.content?.(component);
      if (!content) throw new ShoalError('fileNotFound');
      return content;
    };

    app.route({
      method: 'GET',
      url: '/hls/:room_id/:filename',
      schema: {
        operationId: 'getHlsContent',
        summary: 'Retrieve HLS Content',
        tags: ['hls'],
        params: z.object({
          room_id: z.string().describe('Room id'),
          filename: z.string().describe('Name of the file'),
        }),
        headers: z.object({ range: z.string().optional().describe('Ignored: the whole file is sent') }),
        querystring: z.object({
          _HLS_msn: HlsMsn.optional(),
          _HLS_part: HlsPart.optional(),
          _HLS_skip: HlsSkip.optional(),
        }),
        response: { 200: file('File was found'), 400: error('Invalid filename'), 404: error('File not found') },
      },
      handler: async (request, reply) => {
        const filename = requestedName(request.params.filename, request.query);
        const position = requestedPosition(request.query);
        const content = contentOf(request.params.room_id);
        if (position) {
          const playlist = await content.playlist(filename.endsWith('_delta.m3u8') ? 'delta' : 'media', position);
          if (playlist === undefined) throw new ShoalError('fileNotFound');
          addPlaylistType(reply, '.m3u8');
          return reply.send(playlist);
        }
        if (filename.endsWith('_part.m4s')) {
          const part = await content.partialSegment(filename);
          if (!part) throw new ShoalError('fileNotFound');
          return untypedAnswer(reply, part);
        }
        return fileAnswer(reply, filename, await openFile(content.folder, filename));
      },
    });
  };

/** Any `_HLS_skip` asks for the delta playlist. */
function requestedName(filename: string, query: Members): string {
  return Object.hasOwn(query, '_HLS_skip') ? filename.replace(/\.m3u8$/, '_delta.m3u8') : filename;
}

/** What a blocking request waits for: it has both numbers. @throws FrameworkError 400 */
function requestedPosition(query: Members): PlaylistPosition | undefined {
  const { _HLS_msn: segment, _HLS_part: part } = query;
  if (segment === undefined || part === undefined) return undefined;
  if (!isNumeric(segment) || !isNumeric(part)) throw new FrameworkError(400);
  return { segment: Number(segment), part: Number(part) };
}

const isNumeric = (value: unknown) => typeof value === 'string' && /^\d{1,15}$/.test(value);

/** @throws ShoalError invalidHlsFilename, fileNotFound */
async function openFile(folder: string, filename: string): Promise<StoredFile> {
  const path = containedPath(folder, filename);
  if (path === undefined) throw new ShoalError('invalidHlsFilename', filename);
  const file = await openContained(folder, path);
  if (!file) throw new ShoalError('fileNotFound');
  return file;
}

/** The HLS component of a room, if the room and the component exist. */
export function findHlsComponent(rooms: RoomRegistry, roomId: string): Component | undefined {
  for (const component of rooms.find(roomId)?.components.values() ?? []) {
    if (component.type === 'hls') return component;
  }
  return undefined;
}
