import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** Application errors; the framework's have an object in place of the string. */
export const ErrorReply = z
  .object({ errors: z.string().describe('Error details').meta({ example: 'Invalid token' }) })
  .meta({ id: 'Error', description: 'Error message' });

/** A reply with a JSON body, for the description of a route. */
export function jsonReply<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A reply of plain text, which {@link sendUntyped} sends. */
export function textReply(description: string) {
  return { description, content: { 'text/plain': { schema: z.string() } } };
}

/** A reply that is a file. */
export function fileReply(description: string) {
  return {
    description,
    content: {
      'application/vnd.apple.mpegurl': { schema: FileContent },
      'application/octet-stream': { schema: FileContent },
    },
  };
}

const FileContent = z.any().meta({
  id: 'HlsResponse',
  description: 'Requested file: playlists have a content type, other files have none',
  type: 'string',
  format: 'binary',
});

/** A reply without a body. */
export const emptyReply = (description: string) => z.undefined().describe(description);

export const errorReply = (description: string) => jsonReply(ErrorReply, description);

/** Sends text without a content type, as the reference did in a few places. */
export function sendUntyped(reply: FastifyReply, text: string): FastifyReply {
  const bytes = Buffer.from(text);
  // Only a stream goes out without a type being added.
  return reply.header('content-length', bytes.length).send(Readable.from([bytes]));
}
