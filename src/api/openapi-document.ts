import { fastify } from 'fastify';
import { systemClock } from '../clock/clock.ts';
import { Components } from '../component/components.ts';
import { Secret } from '../config/secret.ts';
import type { RoomOutputs } from '../output/room-outputs.ts';
import { RoomEvents } from '../room/room-events.ts';
import { RoomRegistry } from '../room/room-registry.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { type RestContext, registerRestApi } from './rest-api.ts';

/** The description of the REST API as YAML, made from the routes themselves. No server is needed for it. */
export async function openapiDocument(): Promise<string> {
  const app = fastify();
  await registerRestApi(app, idle, new Secret(''));
  await app.ready();
  const document = app.swagger({ yaml: true });
  await app.close();
  return document;
}

const unused = () => {
  throw new Error('The description of the API was made to serve a request.');
};

const rooms = new RoomRegistry<RoomRouter>({ events: new RoomEvents(), openMedia: unused });
const outputs = { list: unused, get: unused, start: unused, stop: unused } as unknown as RoomOutputs;

/** Routes are described, not called. */
const idle: RestContext = {
  rooms,
  outputs,
  components: new Components([]),
  issuePeerToken: unused,
  checkHealth: unused,
  distribution: unused,
  host: '',
  webrtcUsed: true,
  resourcesBasePath: '',
  gitCommit: '',
  startedAt: 0,
  clock: systemClock,
};
