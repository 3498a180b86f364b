import type { FastifyPluginAsync } from 'fastify';
import type { OnDemand } from '../../ondemand/on-demand.ts';

/** `POST /deploy-recorder`: docs/contracts/jod.md 1 and 2. */
export function orderRoutes(onDemand: OnDemand): FastifyPluginAsync {
  void onDemand;
  return async () => undefined;
}
