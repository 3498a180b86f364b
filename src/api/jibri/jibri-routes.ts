import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ShoalError } from '../../error/shoal-error.ts';
import type { JibriApi, JibriResponse, SlotAddress } from '../../jibri/jibri-api.ts';
import type { Slots } from '../../recorder/slots.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import type { BearerAuthentication } from '../bearer-authentication.ts';
import { discardBody } from '../framework-error.ts';
import { sendError } from '../send-error.ts';
import { isFromWebPage } from './web-page.ts';

export const externalPath = '/jibri/api/v1.0/';
export const internalPath = '/jibri/api/internal/v1.0/';

export interface JibriRoutesOptions {
  readonly api: JibriApi;
  readonly slots: Slots;
  readonly rooms: RoomRegistry<RoomRouter>;
  /** Undefined: every program may. */
  readonly authentication: BearerAuthentication | undefined;
}

type Address = (request: FastifyRequest) => SlotAddress | undefined;
type Ask = (address: SlotAddress, method: string, name: string, body: string) => Promise<JibriResponse>;

/** The recorders on the main port: docs/contracts/jibri.md 11. */
export function jibriRoutes({ api, slots, rooms, authentication }: JibriRoutesOptions): FastifyPluginAsync {
  const slotOf: Address = ({ params }) => {
    const slot = slots.find((params as { slot_id: string }).slot_id);
    return slot && { slot };
  };
  const roomOf: Address = ({ params }) => {
    const room = rooms.find((params as { room_id: string }).room_id);
    return room && { room, slot: slots.ofRoom(room) };
  };
  const external: Ask = (...question) => api.external(...question);
  const internal: Ask = (address, method, name) => api.internal(address, method, name);
  return async (app) => {
    takeAnyBody(app);
    app.setErrorHandler(answerUnexpected);
    if (authentication) {
      app.addHook('preValidation', async ({ headers }) => authentication.check(headers.authorization));
    } else {
      app.addHook('preValidation', async ({ headers }, reply) => {
        if (isFromWebPage(headers)) await reply.code(403).send();
      });
    }
    const route = (path: string, address: Address, ask: Ask) => {
      for (const url of [path.slice(0, -1), `${path}*`]) {
        app.all(url, { schema: { hide: true } }, (request, reply) => respond(request, reply, path, address, ask));
      }
    };
    route(externalPath, () => ({ slot: slots.default }), external);
    route(`/recorders/:slot_id${externalPath}`, slotOf, external);
    route(`/recorders/:slot_id${internalPath}`, slotOf, internal);
    route(`/room/:room_id${externalPath}`, roomOf, external);
  };
}

/** Without words, whatever it is: docs/contracts/jibri.md 2.3. */
function answerUnexpected(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ShoalError) return sendError(error, request, reply);
  request.log.error({ err: error }, 'A request to a recorder failed unexpectedly.');
  discardBody(request.raw, () => reply.code(500).send());
}

/** Bodies are read as they are, whatever their type: docs/contracts/jibri.md 2.3. */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body);
}

async function respond(request: FastifyRequest, reply: FastifyReply, path: string, address: Address, ask: Ask) {
  const found = address(request);
  if (!found) return reply.code(404).send();
  const body = request.body instanceof Buffer ? request.body.toString() : '';
  const { status, contentType, body: text, afterwards } = await ask(found, request.method, rest(request, path), body);
  if (afterwards) reply.raw.once('close', afterwards);
  reply.code(status);
  if (text === undefined) return reply.send();
  // As bytes: the framework would add a character set of its own.
  return reply.header('content-type', contentType).send(Buffer.from(text));
}

/** What follows the base path, a slash at the end included, which the router would forgive. */
function rest({ raw }: FastifyRequest, path: string): string {
  const base = path.slice(path.indexOf('/jibri/'));
  const [asked = ''] = (raw.url ?? '').split('?', 1);
  return asked.slice(asked.indexOf(base) + base.length);
}
