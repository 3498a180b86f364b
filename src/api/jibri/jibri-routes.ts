import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Secret } from '../../config/secret.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Jibri } from '../../jibri/jibri.ts';
import type { Slot } from '../../recorder/slot.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { discardBody } from '../framework-error.ts';
import { registerRawBodies } from '../raw-bodies.ts';
import type { RouteGroup } from '../route-group.ts';
import { sendError } from '../send-error.ts';
import { externalRoutes } from './external-routes.ts';
import { internalRoutes } from './internal-routes.ts';
import { customerGuard, guardBySlot, type SlotGuard, tokenGuard } from './slot-guard.ts';
import type { SlotContext } from './slot-routes.ts';

const externalPath = '/jibri/api/v1.0';
const internalPath = '/jibri/api/internal/v1.0';

export interface JibriRoutesOptions {
  readonly jibri: Jibri;
  readonly rooms: RoomRegistry<RoomRouter>;
  /** Of the API. */
  readonly token: Secret;
  /** False: every program may drive the recorders that are for everybody. */
  readonly tokenRequired: boolean;
}

/** All recorders on the main port: docs/contracts/jibri.md 11, docs/contracts/jod.md 8. */
export function jibriRoutes({ jibri, rooms, token, tokenRequired }: JibriRoutesOptions): FastifyPluginAsync {
  const { slots } = jibri;
  const slotOf = (params: unknown) => slots.find((params as { slot_id: string }).slot_id);
  const addressOf: SlotContext['addressOf'] = (params) => {
    const slot = slotOf(params);
    return slot && { slot };
  };
  const roomOf: SlotContext['addressOf'] = (params) => {
    const room = rooms.find((params as { room_id: string }).room_id);
    return room && { room, slot: slots.ofRoom(room) };
  };
  const guard = tokenGuard(tokenRequired ? token : undefined);
  const external = guardBySlot({ slotOf, guard, ofCustomer: (customer) => customerGuard(customer, token) });
  // Draining is not for customers.
  const internal = guardBySlot({ slotOf, guard, ofCustomer: () => tokenGuard(token) });
  return async (app) => {
    prepare(app);
    const ofDefault = () => ({ slot: slots.default });
    await register(app, externalPath, externalRoutes, { jibri, addressOf: ofDefault }, guard);
    await register(app, `/recorders/:slot_id${externalPath}`, externalRoutes, { jibri, addressOf }, external);
    await register(app, `/recorders/:slot_id${internalPath}`, internalRoutes, { jibri, addressOf }, internal);
    await register(app, `/room/:room_id${externalPath}`, externalRoutes, { jibri, addressOf: roomOf }, guard);
  };
}

/** One recorder on a port of its own: docs/contracts/jibri.md 2. */
export function slotPort(jibri: Jibri, slot: Slot, withMetrics: boolean): FastifyPluginAsync {
  return async (app) => {
    prepare(app);
    // Nothing is read of a stranger.
    if (slot.customer) app.addHook('onRequest', customerGuard(slot.customer));
    else app.addHook('preValidation', tokenGuard(undefined));
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
    prepare(app);
    app.addHook('preValidation', tokenGuard(undefined));
    await register(app, internalPath, internalRoutes, { jibri, addressOf: () => ({ slot: jibri.slots.default }) });
  };
}

/** Bodies are read as they are, whatever their type: docs/contracts/jibri.md 2.3. */
function prepare(app: FastifyInstance): void {
  registerRawBodies(app);
  app.setErrorHandler(sendFailure);
}

async function register(
  app: FastifyInstance,
  prefix: string,
  group: RouteGroup<SlotContext>,
  context: SlotContext,
  guard?: SlotGuard,
): Promise<void> {
  await app.register(
    async (scope) => {
      if (guard) scope.addHook('preValidation', guard);
      await scope.withTypeProvider<ZodTypeProvider>().register(group(context));
    },
    { prefix },
  );
}

/** Sends a 500 without a body, for an invalid request body, too: docs/contracts/jibri.md 2.3. */
function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ShoalError) return sendError(error, request, reply);
  const expected = hasZodFastifySchemaValidationErrors(error);
  if (!expected) request.log.error({ err: error }, 'A request to a recorder failed unexpectedly.');
  discardBody(request.raw, () => reply.code(500).send());
}
