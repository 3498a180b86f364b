import type { FastifyPluginAsync } from 'fastify';
import type { Scheduling } from '../../scheduling/open-scheduling.ts';
import { backendRoutes } from './backend-routes.ts';
import type { JoinPage } from './join-page.ts';
import { joinRoutes } from './join-routes.ts';

/** The API for backends and the addresses of `/room/join` and `/join`: docs/contracts/jitsi-admin.md 3 and 5. */
export function schedulingRoutes(scheduling: Scheduling, page: JoinPage): FastifyPluginAsync {
  return async (app) => {
    await app.register(backendRoutes(scheduling), { prefix: '/api/v1' });
    await app.register(joinRoutes(scheduling, page));
  };
}
