import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Scheduling } from '../../scheduling/open-scheduling.ts';
import { AttemptLimit } from '../attempt-limit.ts';
import { clientAddress } from '../client-address.ts';
import { BackendRequest } from './backend-request.ts';
import { bearerKey } from './bearer-key.ts';
import { callMapperRoutes } from './call-mapper-routes.ts';
import { conferenceRoutes } from './conference-routes.ts';
import { moveRoutes } from './move-routes.ts';
import { participantRoutes } from './participant-routes.ts';
import { Refusal, refusalSender } from './refusal.ts';
import type { BackendScope } from './route-methods.ts';
import { serverRoutes } from './server-routes.ts';
import { readWholeBody } from './whole-body.ts';

/** Largest body that is parsed, in bytes. */
const bodyLimit = 2_000_000;
/** Largest one of a stranger. */
const maxUnknown = 16_384;

/** Requests with wrong keys that an address may send, and in how many ms. */
const wrongKeys = { limit: 60, period: 60_000 };

/** The API for backends, below `/api/v1`: docs/contracts/jitsi-admin.md 2, 3 and 9. */
export function backendRoutes(scheduling: Scheduling): FastifyPluginAsync {
  return async (app) => {
    const asked = registerReading(app, scheduling);
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, facade: true };
      route.schema = { ...route.schema, hide: true };
    });
    app.setErrorHandler(refusalSender());
    const scope: BackendScope = { scheduling, asked };
    for (const routes of [conferenceRoutes, participantRoutes, serverRoutes, moveRoutes, callMapperRoutes]) {
      await app.register(routes(scope));
    }
    app.all('/*', () => {
      throw new Refusal(404, 'Not Found');
    });
  };
}

/** Reads keys and parameters, whatever the method and the type of the body. @returns what a request asks, for the handlers */
function registerReading(app: FastifyInstance, scheduling: Scheduling): BackendScope['asked'] {
  const requests = new WeakMap<FastifyRequest, BackendRequest>();
  const { servers, clock } = scheduling;
  const guesses = new AttemptLimit({ ...wrongKeys, clock });
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { raw } = request;
    const key = bearerKey(raw.headers.authorization);
    const isKnown = servers.isKnown(key);
    if (key !== undefined && !isKnown) checkGuess(guesses, clientAddress(request));
    const body = await readWholeBody(raw, isKnown ? bodyLimit : maxUnknown).catch(() => null);
    // The client is gone, and what it asked is not known.
    if (body === null) return void reply.hijack();
    if (body === undefined && isKnown) throw new Refusal(413, 'Request Entity Too Large');
    requests.set(request, await BackendRequest.read(request, key, body));
    // For the framework there is no body.
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) delete raw.headers[name];
  });
  return (request) => requests.get(request) as BackendRequest;
}

/** @throws Refusal when an address has tried too many wrong keys */
function checkGuess(guesses: AttemptLimit, address: string): void {
  const wait = guesses.wait(address);
  if (wait > 0) throw new Refusal(429, 'Too many requests', { 'retry-after': String(wait) });
  guesses.count(address);
}
