import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { mediaType } from './request-body.ts';

/** Lets the routes of a scope have bodies as they came, as a `Buffer`, whatever their type is. No body: undefined */
export function registerRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
  app.addHook('onRequest', async ({ raw }) => {
    // The framework refuses types that are malformed before it looks for a parser.
    raw.headers['content-type'] = 'application/octet-stream';
  });
}

/** The type of a body as it was sent, in lower case and without parameters; empty when none was. */
export function sentContentType({ rawHeaders }: IncomingMessage): string {
  const index = rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-type');
  return index < 0 ? '' : mediaType(rawHeaders[index + 1]);
}
