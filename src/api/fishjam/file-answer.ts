import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { StoredFile } from '../../storage/contained-path.ts';
import { takesGzip } from './takes-gzip.ts';
import { untypedAnswer } from './untyped-answer.ts';

const compress = promisify(gzip);

/**
 * Sends a file of a stream: the whole, whatever `range` says. Playlists have a content type, other files have none
 * (docs/contracts/fishjam-rest.md 9.2).
 */
export async function fileAnswer(reply: FastifyReply, filename: string, file: StoredFile): Promise<FastifyReply> {
  if (filename.endsWith('.m3u8')) return playlistAnswer(reply, file);
  if (file.size === 0) {
    await file.handle.close();
    return untypedAnswer(reply, '');
  }
  reply.header('content-length', file.size);
  // Not beyond the length that was announced, even if the file grows meanwhile.
  return reply.send(file.handle.createReadStream({ start: 0, end: file.size - 1 }));
}

export function addPlaylistType(reply: FastifyReply): void {
  reply.headers({ 'content-type': 'application/vnd.apple.mpegurl', vary: 'accept-encoding' });
}

/** Those of long recordings are long, too: RFC 8216bis section 6.2.1 wants them compressed. */
async function playlistAnswer(reply: FastifyReply, { handle }: StoredFile): Promise<FastifyReply> {
  addPlaylistType(reply);
  const text = await handle.readFile().finally(() => handle.close());
  if (!takesGzip(reply.request)) return reply.send(text);
  return reply.header('content-encoding', 'gzip').send(await compress(text));
}
