import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';

const allowedHeaders =
  'Authorization,Content-Type,Accept,Origin,User-Agent,DNT,Cache-Control,X-Mx-ReqToken,' +
  'Keep-Alive,X-Requested-With,If-Modified-Since,X-CSRF-Token';

/** The caller's own id when it looks like one, so that a request can be followed through proxies. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:/+=-]{20,200}$/.test(given) ? given : randomUUID();
}

/** Of responses that say nothing else. */
export const uncached = 'max-age=0, private, must-revalidate';

/** The API is open to every web page: it is protected by its token, not by cookies. */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': '',
} as const;

/** Sets the headers of every response. */
export function addStandardHeaders(reply: FastifyReply): void {
  reply.header('cache-control', uncached);
  reply.header('x-request-id', reply.request.id);
}

/** Replies to a browser's preflight, if this is one: before routing and authentication. @returns whether it was. */
function sentPreflight(reply: FastifyReply): boolean {
  const { method, headers, routeOptions } = reply.request;
  if (routeOptions.config.facade || method !== 'OPTIONS' || headers['access-control-request-method'] === undefined)
    return false;
  reply.headers(corsHeaders);
  reply.header('access-control-max-age', '1728000');
  reply.header('access-control-allow-headers', allowedHeaders);
  reply.header('access-control-allow-methods', 'GET,POST,PUT,PATCH,DELETE,OPTIONS');
  reply.code(204).send();
  return true;
}

/**
 * Headers of every response, docs/contracts/fishjam-rest.md 1. Errors of the body parsers go out without the CORS ones: those are set
 * once the body has been read.
 */
export function registerResponseHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    addStandardHeaders(reply);
    if (!sentPreflight(reply)) done();
  });
  app.addHook('preValidation', (request, reply, done) => {
    if (!request.routeOptions.config.facade) reply.headers(corsHeaders);
    done();
  });
}
