import type { AddressInfo } from 'node:net';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  fastify,
  LogController,
} from 'fastify';
import type { JibriConfig } from '../../config/jibri.ts';
import type { Secret } from '../../config/secret.ts';
import { listening } from '../../error/start-error.ts';
import type { Jibri } from '../../jibri/jibri.ts';
import type { Logger } from '../../log/logger.ts';
import { foreignHostCheck } from '../../net/foreign-host.ts';
import { limitPipelining } from '../../net/pipelined-requests.ts';
import type { Slot } from '../../recorder/slot.ts';
import { closeLingeringRequests } from '../lingering-requests.ts';
import { registerSchemas } from '../route-group.ts';
import { internalPort, slotPort } from './jibri-routes.ts';

/** Bytes; a start request has a few hundred. */
const bodyLimit = 1_000_000;
/** How long a client may take to send a request, in ms. */
const requestTimeout = 60_000;

/** The ports of the recorders' own: docs/contracts/jibri.md 2.1, 3 and 11. */
export class JibriListeners {
  readonly #listeners: readonly FastifyInstance[];

  private constructor(listeners: readonly FastifyInstance[]) {
    this.#listeners = listeners;
  }

  /** @throws when an address that was asked for cannot be bound; nothing is left behind then */
  static async start(jibri: Jibri, config: JibriConfig, logger: Logger): Promise<JibriListeners> {
    const { external, internal, slotListeners, prometheus } = config;
    const wanted = slotListeners.map((address, index) => ({
      address: { ...address, required: true },
      variable: 'JIBRI_SLOT_LISTENERS',
      routes: slotPort(jibri, jibri.slots.all[index + 1] ?? jibri.slots.default, prometheus),
    }));
    if (external) {
      const variable = 'JIBRI_HTTP_API_EXTERNAL_PORT';
      wanted.unshift({ address: external, variable, routes: slotPort(jibri, jibri.slots.default, prometheus) });
    }
    if (internal) {
      const address = { ...internal, required: true };
      wanted.push({ address, variable: 'JIBRI_HTTP_API_INTERNAL_PORT', routes: internalPort(jibri) });
    }
    const started: FastifyInstance[] = [];
    try {
      for (const { address, variable, routes } of wanted) {
        const opening = listen(address, routes, logger);
        const where = `${address.ip} port ${address.port}`;
        const listener = await listening(opening, where, variable).catch((error: Error) => {
          if (address.required) throw error;
          logger.warn({ cause: error.message }, 'The port of the recorders cannot be used; they do without.');
        });
        if (!listener) continue;
        started.push(listener);
        logger.info({ ip: address.ip, port: portOf(listener) }, 'Recorders can be driven here without a token.');
      }
    } catch (error) {
      await Promise.all(started.map((listener) => listener.close()));
      throw error;
    }
    return new JibriListeners(started);
  }

  /** In the order of the slots; the internal one last. */
  get ports(): number[] {
    return this.#listeners.map(portOf);
  }

  /** Opens a port for a slot that was added. @param token required of its clients. Rejects when the address cannot be bound */
  async open(
    slot: Slot,
    address: { readonly ip: string; readonly port: number },
    token: Secret | undefined,
  ): Promise<{ close(): Promise<void> }> {
    void [slot, address, token];
    return await Promise.reject(new Error('to be written'));
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

/** A port of its own for a recorder: docs/contracts/jibri.md 2.1. @throws when the address cannot be bound */
async function listen(
  { ip, port }: { readonly ip: string; readonly port: number },
  routes: FastifyPluginAsync,
  logger: FastifyBaseLogger,
): Promise<FastifyInstance> {
  const app = fastify({
    ...{ bodyLimit, requestTimeout, pluginTimeout: 0, routerOptions: { ignoreDuplicateSlashes: true } },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: (_error, _request, reply: FastifyReply) => void reply.code(404).send(),
  });
  limitPipelining(app.server);
  const isForeign = foreignHostCheck(ip);
  app.addHook('onRequest', async (request, reply) => {
    if (isForeign(request.raw)) await reply.code(403).send();
  });
  registerSchemas(app);
  closeLingeringRequests(app);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  // Not encapsulated: their hooks are for unknown paths, too.
  await routes(app, {});
  await app.listen({ host: ip, port });
  return app;
}

function portOf({ server }: FastifyInstance): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}
