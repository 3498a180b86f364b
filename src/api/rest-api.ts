import type { FastifyInstance } from 'fastify';
import type { Secret } from '../config/secret.ts';
import { registerApiDescription } from './api-description.ts';
import { componentRoutes } from './fishjam/component-routes.ts';
import type { FishjamContext } from './fishjam/fishjam-context.ts';
import { healthRoutes } from './fishjam/health-routes.ts';
import { hlsRoutes } from './fishjam/hls-routes.ts';
import { peerRoutes } from './fishjam/peer-routes.ts';
import { recordingContentRoutes, recordingRoutes } from './fishjam/recording-routes.ts';
import { roomRoutes } from './fishjam/room-routes.ts';
import { sipRoutes } from './fishjam/sip-routes.ts';
import { registerGroups, registerSchemas } from './route-group.ts';
import { type CallContext, callRoutes } from './shoal/call-routes.ts';
import { type OutputContext, outputRoutes } from './shoal/output-routes.ts';
import { type ReadyContext, readyRoutes } from './shoal/ready-routes.ts';
import { roomMetadataRoutes } from './shoal/room-metadata-routes.ts';

/** What the routes of the REST API stand on. */
export interface RestContext extends FishjamContext, OutputContext, CallContext, ReadyContext {}

/** Everything that the description of the API shows: the REST API of Fishjam 0.6.3, to the letter, and our own; and the description itself. */
export async function registerRestApi(app: FastifyInstance, context: RestContext, token: Secret): Promise<void> {
  registerSchemas(app);
  await registerApiDescription(app);
  const fishjam = [healthRoutes, roomRoutes, peerRoutes, componentRoutes, sipRoutes, recordingRoutes];
  await registerGroups(app, [...fishjam, outputRoutes, callRoutes, roomMetadataRoutes], context, token);
  await registerGroups(app, [hlsRoutes, recordingContentRoutes, readyRoutes], context);
}
