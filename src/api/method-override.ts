import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestBody } from './request-body.ts';

const overriding = new Set(['PUT', 'PATCH', 'DELETE']);

/** Bodies of requests that go through routing a second time; their streams have been read. */
const readBodies = new WeakMap<IncomingMessage, RequestBody>();
/** First passes of such requests. */
const abandoned = new WeakSet<FastifyRequest>();

/**
 * A POST whose body has a member `_method` is routed as that method. The body is known only after routing, so such a request
 * is routed again, with its body.
 */
export function registerMethodOverride(app: FastifyInstance): void {
  app.addHook('preValidation', (request, reply, done) => {
    const read = readBodies.get(request.raw);
    if (read) request.body = read;
    const method = read ? undefined : overriddenMethod(request);
    if (method === undefined) return done();
    abandoned.add(request);
    readBodies.set(request.raw, request.body as RequestBody);
    request.raw.method = method;
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) delete request.raw.headers[name];
    reply.hijack();
    app.routing(request.raw, reply.raw);
  });
}

/** Whether this is the second pass of a request that was routed twice. */
export function isSecondPass(request: FastifyRequest): boolean {
  return readBodies.has(request.raw) && !abandoned.has(request);
}

/** Whether this is the first pass of a request that was routed twice: it sends no response of its own. */
export function isAbandoned(request: FastifyRequest): boolean {
  return abandoned.has(request);
}

function overriddenMethod(request: FastifyRequest): string | undefined {
  if (request.method !== 'POST' || !request.body) return undefined;
  const given = (request.body as RequestBody).method;
  const method = typeof given === 'string' ? given.toUpperCase() : '';
  return overriding.has(method) ? method : undefined;
}
