import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Secret } from '../../config/secret.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Jibri } from '../../jibri/jibri.ts';
import type { Slot } from '../../recorder/slot.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { checkToken } from '../api-guard.ts';
import { discardBody } from '../framework-error.ts';
import type { RouteGroup } from '../route-group.ts';
import { sendError } from '../send-error.ts';
import { externalRoutes } from './external-routes.ts';
import { internalRoutes } from './internal-routes.ts';
import type { SlotContext } from './slot-routes.ts';

const externalPath = '/jibri/api/v1.0';
const internalPath = '/jibri/api/internal/v1.0';

export interface JibriRoutesOptions {
  readonly jibri: Jibri;
  readonly rooms: RoomRegistry<RoomRouter>;
  /** Undefined: every program may. */
  readonly token: Secret | undefined;
}

/** All recorders on the main port: docs/contracts/jibri.md 11. */
export function jibriRoutes({ jibri, rooms, token }: JibriRoutesOptions): FastifyPluginAsync {
  const { slots } = jibri;
  const slotOf: SlotContext['addressOf'] = (params) => {
    const slot = slots.find((params as { slot_id: string }).slot_id);
    return slot && { slot };
  };
  const roomOf: SlotContext['addressOf'] = (params) => {
    const room = rooms.find((params as { room_id: string }).room_id);
    return room && { room, slot: slots.ofRoom(room) };
  };
  return async (app) => {
    prepare(app, token);
    await register(app, externalPath, externalRoutes, { jibri, addressOf: () => ({ slot: slots.default }) });
    await register(app, `/recorders/:slot_id${externalPath}`, externalRoutes, { jibri, addressOf: slotOf });
    await register(app, `/recorders/:slot_id${internalPath}`, internalRoutes, { jibri, addressOf: slotOf });
    await register(app, `/room/:room_id${externalPath}`, externalRoutes, { jibri, addressOf: roomOf });
  };
}

/** One recorder on a port of its own: docs/contracts/jibri.md 2. */
export function slotPort(jibri: Jibri, slot: Slot, withMetrics: boolean): FastifyPluginAsync {
  return async (app) => {
    prepare(app, undefined);
    await register(app, externalPath, externalRoutes, { jibri, addressOf: () => ({ slot }) });
    if (!withMetrics) return;
    app.all('/metrics', async ({ method }, reply) => {
      const metrics = jibri.metrics(slot);
      if (method !== 'GET' || !metrics) return reply.code(metrics ? 405 : 404).send();
      return reply.header('content-type', metrics.contentType).send(Buffer.from(await metrics.text()));
    });
  };
}

/** The internal API of the default recorder on a port of its own: docs/contracts/jibri.md 3. */
export function internalPort(jibri: Jibri): FastifyPluginAsync {
  return async (app) => {
    prepare(app, undefined);
    await register(app, internalPath, internalRoutes, { jibri, addressOf: () => ({ slot: jibri.slots.default }) });
  };
}

/** Bodies are read as they are, whatever their type: docs/contracts/jibri.md 2.3. Without a token, web pages are refused. */
function prepare(app: FastifyInstance, token: Secret | undefined): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
  app.addHook('onRequest', async ({ raw }) => {
    // The framework refuses types that are malformed before it looks for a parser.
    raw.headers['content-type'] = 'application/octet-stream';
  });
  app.setErrorHandler(sendFailure);
  app.addHook('preValidation', async ({ headers }, reply) => {
    if (token) checkToken(token, headers.authorization);
    else if (isFromWebPage(headers)) await reply.code(403).send();
  });
}

/**
 * Whether a web page sent the request: browsers say so, and no orchestrator is one. Without a token any page that a user of the host
 * looks at could otherwise record rooms, since requests of a plain content type need no permission of ours.
 */
function isFromWebPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin !== undefined || (site !== undefined && site !== 'none');
}

async function register(app: FastifyInstance, prefix: string, group: RouteGroup<SlotContext>, context: SlotContext) {
  await app.withTypeProvider<ZodTypeProvider>().register(group(context), { prefix });
}

/** Sends a 500 without a body, for an invalid request body, too: docs/contracts/jibri.md 2.3. */
function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ShoalError) return sendError(error, request, reply);
  const expected = hasZodFastifySchemaValidationErrors(error);
  if (!expected) request.log.error({ err: error }, 'A request to a recorder failed unexpectedly.');
  discardBody(request.raw, () => reply.code(500).send());
}
