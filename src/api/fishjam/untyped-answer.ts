import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Sends text without a content type, as the reference did in a few places. */
export function untypedAnswer(reply: FastifyReply, text: string): FastifyReply {
  const bytes = Buffer.from(text);
  // Only a stream goes out without a type being added.
  return reply.header('content-length', bytes.length).send(Readable.from([bytes]));
}
