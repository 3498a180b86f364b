import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Clock } from '../../clock/clock.ts';
import type { Components } from '../../component/components.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { apiGuard, type BearerAuthentication } from '../bearer-authentication.ts';
import { componentRoutes } from './component-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { hlsRoutes } from './hls-routes.ts';
import { peerRoutes } from './peer-routes.ts';
import { recordingContentRoutes, recordingRoutes } from './recording-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { sipRoutes } from './sip-routes.ts';

/** How this server sees itself among others. */
export interface Distribution {
  readonly enabled: boolean;
  readonly nodeStatus: 'UP' | 'DOWN';
  /** This one too, when it is up. */
  readonly nodesInCluster: number;
}

/** What the routes of the Fishjam API stand on. */
export interface FishjamContext {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly components: Components;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  /** Rejects when the server could not serve a new peer. */
  readonly checkHealth: () => Promise<void>;
  readonly distribution: () => Distribution;
  /** `FJ_HOST`: what clients reach this server by, without a scheme. */
  readonly host: string;
  readonly webrtcUsed: boolean;
  /** Absolute path of `FJ_RESOURCES_BASE_PATH`. */
  readonly resourcesBasePath: string;
  readonly gitCommit: string;
  /** When the server was started, in ms since the Unix epoch. */
  readonly startedAt: number;
  readonly clock: Clock;
}

/** The routes of one group. */
export type FishjamRoutes = (context: FishjamContext) => FastifyPluginAsyncZod;

const guarded: readonly FishjamRoutes[] = [
  healthRoutes,
  roomRoutes,
  peerRoutes,
  componentRoutes,
  sipRoutes,
  recordingRoutes,
];
const open: readonly FishjamRoutes[] = [hlsRoutes, recordingContentRoutes];

/** The REST API of Fishjam 0.6.3, to the letter. */
export async function registerFishjamApi(
  app: FastifyInstance,
  context: FishjamContext,
  authentication: BearerAuthentication,
): Promise<void> {
  const asPlugin = (routes: FishjamRoutes) => routes(context) as unknown as FastifyPluginAsync;
  await app.register(async (scope) => {
    scope.addHook('preValidation', apiGuard(authentication));
    for (const routes of guarded) await scope.register(asPlugin(routes));
  });
  for (const routes of open) await app.register(asPlugin(routes));
}
