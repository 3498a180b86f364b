import type { FastifyReply } from 'fastify';
import type { StoredFile } from '../../storage/contained-path.ts';
import { untypedAnswer } from './untyped-answer.ts';

/**
 * Sends a file of a stream: the whole, whatever `range` says. Playlists have a content type, other files have none
 * (section 9.2 of the REST contract).
 */
export async function fileAnswer(reply: FastifyReply, filename: string, file: StoredFile): Promise<FastifyReply> {
  addPlaylistType(reply, filename);
  if (file.size === 0) {
    await file.handle.close();
    return untypedAnswer(reply, '');
  }
  reply.header('content-length', file.size);
  // Not beyond the length that was announced, even if the file grows meanwhile.
  return reply.send(file.handle.createReadStream({ start: 0, end: file.size - 1 }));
}

export function addPlaylistType(reply: FastifyReply, filename: string): void {
  if (filename.endsWith('.m3u8')) reply.header('content-type', 'application/vnd.apple.mpegurl');
}
