import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Secret } from '../config/secret.ts';
import { hasToken } from './api-guard.ts';
import { limitChunkedBody } from './chunked-body.ts';
import { discardBody } from './framework-error.ts';
import {
  checkEncoding,
  type Members,
  mediaType,
  parseEncoded,
  queryOf,
  type RequestBody,
  readFormBody,
  readJsonBody,
  readMultipartBody,
} from './request-body.ts';

/** Largest body that is read, in bytes. */
export const bodyLimit = 8_000_000;
/** Largest one of a client without the token, in bytes: it is parsed before the token is looked at. */
const maxUnknown = 16_384;
/** Largest one of unknown length that is read until its end, for nothing. */
const maxChunked = 2 * bodyLimit;

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route is of another product's API: it reads its query string and body itself, and sets its own CORS headers. */
    readonly facade?: boolean;
  }
}

/**
 * Reads query strings and bodies as docs/contracts/fishjam-rest.md 1.1 says, before anything else is looked at.
 * A body of a type that is not known here is not read at all, nor is a long one of a stranger.
 */
export function registerBodyParsing(app: FastifyInstance, token: Secret): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.facade) return done();
    const { headers } = request.raw;
    const contentType = headers['content-type'];
    if (contentType !== undefined) {
      headers['content-type'] = isRead(headers, token) ? parsedType(contentType) : undefined;
    }
    // Sockets have no parameters.
    const query = request.ws ? '' : queryOf(request.raw.url);
    if (query !== '') checkEncoding(query);
    done();
  });
  app.addHook('preParsing', ({ raw }, _reply, _payload, done) => {
    limitChunkedBody(raw, maxChunked);
    done();
  });
  app.removeAllContentTypeParsers();
  const addParser = (
    type: string,
    parse: (body: Buffer, request: FastifyRequest) => RequestBody | Promise<RequestBody>,
  ) =>
    app.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
      parse(body, request),
    );
  addParser(json, readJsonBody);
  addParser(form, readFormBody);
  addParser(multipart, (body, request) => readMultipartBody(body, request.headers['content-type'] ?? ''));
  app.addContentTypeParser('*', (_request, payload, done) => discardBody(payload, () => done(null)));
}

/** The parameters of a request outside its path: the query string, overridden by the body. */
export function membersOf(request: { query: unknown; body: unknown }): Members {
  const body = request.body as RequestBody | undefined;
  return body ? { ...(request.query as Members), ...body.members() } : (request.query as Members);
}

/** For the framework, which need not look at query strings itself. */
export const parseQuery = parseEncoded as (query: string) => Record<string, unknown>;

/** Whether a body is to be parsed. One beyond the limit of all is refused without being read. */
function isRead(headers: IncomingHttpHeaders, token: Secret): boolean {
  const length = Number(headers['content-length']);
  return length <= maxUnknown || length > bodyLimit || hasToken(token, headers.authorization);
}

/** The type by which the parser is chosen; undefined when the body is to be ignored. */
function parsedType(contentType: string): string | undefined {
  const type = mediaType(contentType);
  if (type === json || type.endsWith('+json')) return json;
  if (type === form) return form;
  return type === multipart ? contentType : undefined;
}
