import { z } from 'zod';
import { jsonReply } from '../reply.ts';
import type { RouteGroup } from '../route-group.ts';

const Readiness = z
  .object({
    status: z.enum(['ready', 'unready']),
    reasons: z
      .array(z.string())
      .optional()
      .describe('Why it is not ready')
      .meta({ example: ['database: its disk is full'] }),
  })
  .meta({ id: 'Readiness', description: 'Whether the server can do what it is configured for' });

/** What the route stands on. */
export interface ReadyContext {
  /** Tells within seconds why nothing can be written to the database, at little cost. Undefined: nothing is written to one. */
  readonly database?: { check(): Promise<string | undefined> } | undefined;
}

/** For load balancers, which have no token. `/health` is about media; this is about the records. */
export const readyRoutes: RouteGroup<ReadyContext> =
  ({ database }) =>
  async (app) => {
    app.route({
      method: 'GET',
      url: '/ready',
      schema: {
        operationId: 'get_readiness',
        summary: 'Tells whether the database can be written, as it was within the last second',
        tags: ['health'],
        response: { 200: jsonReply(Readiness, 'Ready'), 503: jsonReply(Readiness, 'Not ready') },
      },
      handler: async (_request, reply): Promise<z.output<typeof Readiness>> => {
        const reason = await database?.check();
        if (reason === undefined) return { status: 'ready' };
        reply.code(503);
        return { status: 'unready', reasons: [`database: ${reason}`] };
      },
    });
  };
