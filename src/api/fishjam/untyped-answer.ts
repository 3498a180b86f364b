import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Sends bytes or text without a content type, as the reference did in a few places. */
export function untypedAnswer(reply: FastifyReply, content: Uint8Array | string): FastifyReply {
  // Not a copy: many viewers share the bytes of a part.
  const bytes = typeof content === 'string' ? Buffer.from(content) : asBuffer(content);
  // Only a stream goes out without a type being added.
  return reply.header('content-length', bytes.length).send(Readable.from([bytes]));
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
