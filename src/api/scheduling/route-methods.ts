import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Scheduling } from '../../scheduling/open-scheduling.ts';
import type { BackendRequest } from './backend-request.ts';
import { Refusal, type RefusalTexts, refusalSender, sendBody } from './refusal.ts';

/** What the routes for backends stand on. */
export interface BackendScope {
  readonly scheduling: Scheduling;
  readonly asked: (request: FastifyRequest) => BackendRequest;
}

/** @returns the body of the response */
export type RouteMethod = (asked: BackendRequest, request: FastifyRequest, reply: FastifyReply) => Promise<object>;

/**
 * Adds the methods of a path; the others are refused: docs/contracts/jitsi-admin.md 2.
 * @param texts by method, where they differ from those of the scope
 */
export function registerMethods(
  app: FastifyInstance,
  asked: BackendScope['asked'],
  url: string,
  methods: Readonly<Record<string, RouteMethod>>,
  texts: Readonly<Record<string, RefusalTexts>> = {},
): void {
  for (const [method, run] of Object.entries(methods)) {
    app.route({
      ...{ method, url },
      ...(texts[method] && { errorHandler: refusalSender(texts[method]) }),
      handler: async (request, reply) => sendBody(reply, await run(asked(request), request, reply)),
    });
  }
  const allowed = 'GET' in methods ? [...Object.keys(methods), 'HEAD'] : Object.keys(methods);
  const others = app.supportedMethods.filter((method) => !allowed.includes(method));
  app.route({
    ...{ method: others, url },
    handler: () => {
      throw new Refusal(405, 'Method Not Allowed', { allow: allowed.join(', ') });
    },
  });
}
