import type { FastifyInstance } from 'fastify';
import type { BearerAuthentication } from '../bearer-authentication.ts';
import { type RouteGroup, registerGroups } from '../route-group.ts';
import { componentRoutes } from './component-routes.ts';
import type { FishjamContext } from './fishjam-context.ts';
import { healthRoutes } from './health-routes.ts';
import { hlsRoutes } from './hls-routes.ts';
import { peerRoutes } from './peer-routes.ts';
import { recordingContentRoutes, recordingRoutes } from './recording-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { sipRoutes } from './sip-routes.ts';

const guarded: readonly RouteGroup<FishjamContext>[] = [
  healthRoutes,
  roomRoutes,
  peerRoutes,
  componentRoutes,
  sipRoutes,
  recordingRoutes,
];
const open: readonly RouteGroup<FishjamContext>[] = [hlsRoutes, recordingContentRoutes];

/** The REST API of Fishjam 0.6.3, to the letter. */
export async function registerFishjamApi(
  app: FastifyInstance,
  context: FishjamContext,
  authentication: BearerAuthentication,
): Promise<void> {
  await registerGroups(app, guarded, context, authentication);
  await registerGroups(app, open, context);
}
