import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Jibri } from '../../jibri/jibri.ts';
import type { JibriResponse, SlotAddress } from '../../jibri/jibri-api.ts';
import type { Slot } from '../../recorder/slot.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { BearerAuthentication } from '../bearer-authentication.ts';
import { discardBody } from '../framework-error.ts';
import { sendError } from '../send-error.ts';
import { isFromWebPage } from './web-page.ts';

const externalPath = '/jibri/api/v1.0/';
const internalPath = '/jibri/api/internal/v1.0/';

export interface JibriRoutesOptions {
  readonly jibri: Jibri;
  readonly rooms: RoomRegistry<RoomRouter>;
  /** Undefined: every program may. */
  readonly authentication: BearerAuthentication | undefined;
}

type Address = (request: FastifyRequest) => SlotAddress | undefined;
type Call = 'external' | 'internal';

/** All recorders on the main port: docs/contracts/jibri.md 11. */
export function jibriRoutes({ jibri, rooms, authentication }: JibriRoutesOptions): FastifyPluginAsync {
  const { slots } = jibri;
  const slotOf: Address = ({ params }) => {
    const slot = slots.find((params as { slot_id: string }).slot_id);
    return slot && { slot };
  };
  const roomOf: Address = ({ params }) => {
    const room = rooms.find((params as { room_id: string }).room_id);
    return room && { room, slot: slots.ofRoom(room) };
  };
  return async (app) => {
    prepare(app, authentication);
    route(app, jibri, externalPath, () => ({ slot: slots.default }), 'external');
    route(app, jibri, `/recorders/:slot_id${externalPath}`, slotOf, 'external');
    route(app, jibri, `/recorders/:slot_id${internalPath}`, slotOf, 'internal');
    route(app, jibri, `/room/:room_id${externalPath}`, roomOf, 'external');
  };
}

/** One recorder on a port of its own: docs/contracts/jibri.md 2. */
export function slotRoutes(jibri: Jibri, slot: Slot, withMetrics: boolean): FastifyPluginAsync {
  return async (app) => {
    prepare(app, undefined);
    route(app, jibri, externalPath, () => ({ slot }), 'external');
    if (!withMetrics) return;
    app.all('/metrics', async ({ method }, reply) => {
      const metrics = jibri.metrics(slot);
      if (method !== 'GET' || !metrics) return reply.code(metrics ? 405 : 404).send();
      return reply.header('content-type', metrics.contentType).send(Buffer.from(await metrics.text()));
    });
  };
}

/** The internal API of the default recorder on a port of its own: docs/contracts/jibri.md 3. */
export function internalRoutes(jibri: Jibri): FastifyPluginAsync {
  return async (app) => {
    prepare(app, undefined);
    route(app, jibri, internalPath, () => ({ slot: jibri.slots.default }), 'internal');
  };
}

/** Bodies are read as they are, whatever their type: docs/contracts/jibri.md 2.3. Without a token, web pages are refused. */
function prepare(app: FastifyInstance, authentication: BearerAuthentication | undefined): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
  app.setErrorHandler(respondUnexpected);
  app.addHook('preValidation', async ({ headers }, reply) => {
    if (authentication) authentication.check(headers.authorization);
    else if (isFromWebPage(headers)) await reply.code(403).send();
  });
}

function route(app: FastifyInstance, jibri: Jibri, path: string, address: Address, call: Call): void {
  for (const url of [path.slice(0, -1), `${path}*`]) {
    app.all(url, { schema: { hide: true } }, async (request, reply) => {
      const found = address(request);
      if (!found) return reply.code(404).send();
      const body = request.body instanceof Buffer ? request.body.toString() : '';
      send(reply, await jibri.api[call](found, request.method, rest(request, path), body));
      return reply;
    });
  }
}

function send(reply: FastifyReply, { status, contentType, body, afterwards }: JibriResponse): void {
  if (afterwards) reply.raw.once('close', afterwards);
  reply.code(status);
  // As bytes: the framework would add a character set of its own.
  if (body === undefined) reply.send();
  else reply.header('content-type', contentType).send(Buffer.from(body));
}

/** Without words, whatever it is: docs/contracts/jibri.md 2.3. */
function respondUnexpected(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ShoalError) return sendError(error, request, reply);
  request.log.error({ err: error }, 'A request to a recorder failed unexpectedly.');
  discardBody(request.raw, () => reply.code(500).send());
}

/** What follows the base path, a slash at the end included, which the router would forgive. */
function rest({ raw }: FastifyRequest, path: string): string {
  const base = path.slice(path.indexOf('/jibri/'));
  const [asked = ''] = (raw.url ?? '').split('?', 1);
  return asked.slice(asked.indexOf(base) + base.length);
}
