import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HlsAnswer } from '../../component/hls-content.ts';
import { addPlaylistType } from './file-answer.ts';
import { untypedAnswer } from './untyped-answer.ts';

/** Sends what a live stream has in memory, compressed where the client takes it: RFC 8216bis section 6.2.1 wants that of playlists. */
export function hlsAnswer(request: FastifyRequest, reply: FastifyReply, answer: HlsAnswer): FastifyReply {
  reply.header('cache-control', `public, max-age=${answer.maxAge}`);
  if (!answer.gzip) return untypedAnswer(reply, answer.body);
  addPlaylistType(reply, '.m3u8');
  reply.header('vary', 'accept-encoding');
  if (!takesGzip(request.headers['accept-encoding'])) return reply.send(answer.body);
  reply.header('content-encoding', 'gzip');
  return reply.send(answer.gzip());
}

/** RFC 9110 section 12.5.3. */
function takesGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '').split(',');
  return codings.some((coding) => /^\s*(x-)?gzip\s*(;\s*q=(1|0\.0*[1-9]).*)?$/i.test(coding));
}
