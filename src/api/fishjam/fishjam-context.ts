import type { Clock } from '../../clock/clock.ts';
import type { Components } from '../../component/components.ts';
import type { HlsContent } from '../../component/hls/hls-content.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';

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
  /** When the server was started, in ms of the monotonic clock. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** Called for each request for a file of a live stream. */
  readonly onStreamWatched?: ((roomId: string, content: HlsContent) => void) | undefined;
}

/** How a server without others sees itself: a release build of the reference calls it a cluster of one. */
export function withoutCluster(enabled: boolean, production: boolean): Distribution {
  return enabled || production
    ? { enabled, nodeStatus: 'UP', nodesInCluster: 1 }
    : { enabled, nodeStatus: 'DOWN', nodesInCluster: 0 };
}
