import { StartRequestBody } from '../../jibri/start-request.ts';
import { healthBody } from '../../jibri/status-body.ts';
import type { RouteGroup } from '../route-group.ts';
import { registerSlotRoutes, type SlotContext } from './slot-routes.ts';

/** What orchestrators ask of a slot: docs/contracts/jibri.md 2. */
export const externalRoutes: RouteGroup<SlotContext> =
  ({ jibri, addressOf }) =>
  async (app) => {
    const methods = { '/health': 'GET', '/startService': 'POST', '/stopService': 'POST' };
    const addressed = registerSlotRoutes(app, addressOf, methods);

    app.route({
      method: 'GET',
      url: '/health',
      exposeHeadRoute: false,
      schema: { hide: true },
      handler: async (request, reply) => {
        const body = healthBody(addressed(request).slot.status);
        // As bytes: the framework would add a character set of its own.
        return reply.header('content-type', 'application/json').send(Buffer.from(body));
      },
    });

    app.route({
      method: 'POST',
      url: '/startService',
      schema: { hide: true, body: StartRequestBody },
      handler: async (request, reply) => {
        const refusal = jibri.start(addressed(request), request.body);
        if (refusal === undefined) return reply.send();
        return reply.code(412).header('content-type', 'text/plain; charset=UTF-8').send(Buffer.from(refusal));
      },
    });

    app.route({
      method: 'POST',
      url: '/stopService',
      schema: { hide: true },
      handler: async (request, reply) => {
        await addressed(request).slot.stop();
        return reply.send();
      },
    });
  };
