import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import type { HlsAnswer } from '../../component/hls/hls-content.ts';
import { addPlaylistType } from './file-answer.ts';
import { takesGzip } from './takes-gzip.ts';

/** Answers that go out without a type, as those of the reference did. */
const untyped = new WeakSet<FastifyReply>();

/** Sends what a live stream has in memory, compressed where the client takes it: RFC 8216bis section 6.2.1 wants that of playlists. */
export function hlsAnswer(request: FastifyRequest, reply: FastifyReply, answer: HlsAnswer): FastifyReply {
  reply.header('cache-control', `public, max-age=${answer.maxAge}`);
  if (!answer.gzip) {
    untyped.add(reply);
    return reply.send(answer.body);
  }
  addPlaylistType(reply);
  if (!takesGzip(request)) return reply.send(answer.body);
  reply.header('content-encoding', 'gzip');
  return reply.send(answer.gzip());
}

/** For routes that give such answers: the framework adds a type to bytes without one. Sending them as a stream takes twice as long. */
export const removeAddedType: onSendHookHandler = (_request, reply, payload, done) => {
  if (untyped.has(reply)) reply.removeHeader('content-type');
  done(null, payload);
};
