import { fastify } from 'fastify';
import { systemClock } from '../clock/clock.ts';
import { RoomEvents } from '../room/room-events.ts';
import { RoomRegistry } from '../room/room-registry.ts';
import { registerApiDescription } from './api-description.ts';
import { BearerAuthentication } from './bearer-authentication.ts';
import { type FishjamContext, registerFishjamApi } from './fishjam/fishjam-api.ts';

/** The description of the REST API as YAML, made from the routes themselves. No server is needed for it. */
export async function openapiDocument(): Promise<string> {
  const app = fastify();
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  await registerApiDescription(app);
  await registerFishjamApi(app, idle, new BearerAuthentication(''));
  await app.ready();
  const document = app.swagger({ yaml: true });
  await app.close();
  return document;
}

const unused = () => {
  throw new Error('The description of the API was made to serve a request.');
};

/** Routes are described, not called. */
const idle: FishjamContext = {
  rooms: new RoomRegistry({ events: new RoomEvents(), openMedia: unused }),
  componentKinds: new Map(),
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
