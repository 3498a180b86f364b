import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, onSendHookHandler } from 'fastify';
import type { HlsResource } from '../../component/hls/hls-content.ts';
import type { StoredFile } from '../../storage/contained-path.ts';
import { sendUntyped } from '../reply.ts';
import { acceptsGzip, playlistHeaders } from './hls-resource.ts';

const compress = promisify(gzip);

/** Replies that go out without a content type, as those of the reference did. */
const untyped = new WeakSet<FastifyReply>();

/** Sends what a live stream has in memory, compressed where the client takes it: RFC 8216bis section 6.2.1 wants that of playlists. */
export function sendHlsResource(reply: FastifyReply, resource: HlsResource): FastifyReply {
  reply.header('cache-control', `public, max-age=${resource.maxAge}`);
  if (!resource.gzip) {
    untyped.add(reply);
    return reply.send(resource.body);
  }
  addPlaylistHeaders(reply);
  if (!acceptsGzip(reply.request.headers)) return reply.send(resource.body);
  reply.header('content-encoding', 'gzip');
  return reply.send(resource.gzip());
}

/** For routes that send such resources: the framework adds a type to bytes without one. Sending them as a stream takes twice as long. */
export const removeAddedType: onSendHookHandler = (_request, reply, payload, done) => {
  if (untyped.has(reply)) reply.removeHeader('content-type');
  done(null, payload);
};

/**
 * Sends a file of a stream: the whole, whatever `range` says. Playlists have a content type, other files have none
 * (docs/contracts/fishjam-rest.md 9.2).
 */
export async function sendHlsFile(reply: FastifyReply, filename: string, file: StoredFile): Promise<FastifyReply> {
  if (filename.endsWith('.m3u8')) return sendPlaylist(reply, file);
  if (file.size === 0) {
    await file.handle.close();
    return sendUntyped(reply, '');
  }
  reply.header('content-length', file.size);
  // Not beyond the length that was announced, even if the file grows meanwhile.
  return reply.send(file.handle.createReadStream({ start: 0, end: file.size - 1 }));
}

/** Those of long recordings are long, too, and compressed for that. */
async function sendPlaylist(reply: FastifyReply, { handle }: StoredFile): Promise<FastifyReply> {
  addPlaylistHeaders(reply);
  const text = await handle.readFile().finally(() => handle.close());
  if (!acceptsGzip(reply.request.headers)) return reply.send(text);
  return reply.header('content-encoding', 'gzip').send(await compress(text));
}

function addPlaylistHeaders(reply: FastifyReply): void {
  reply.headers(playlistHeaders);
}
