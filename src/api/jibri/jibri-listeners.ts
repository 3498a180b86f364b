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
import { ShoalError } from '../../error/shoal-error.ts';
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

/** Where a listener listens. */
interface ListenerAddress {
  readonly ip: string;
  readonly port: number;
}

/** The ports of the recorders' own: docs/contracts/jibri.md 2.1, 3 and 11, docs/contracts/jod.md 8. */
export class JibriListeners {
  readonly #jibri: Jibri;
  readonly #prometheus: boolean;
  readonly #logger: Logger;
  readonly #listeners = new Set<FastifyInstance>();
  #closing: Promise<void> | undefined;

  private constructor(jibri: Jibri, { prometheus }: JibriConfig, logger: Logger) {
    this.#jibri = jibri;
    this.#prometheus = prometheus;
    this.#logger = logger;
  }

  /** @throws when an address that was asked for cannot be bound; nothing is left behind then */
  static async start(jibri: Jibri, config: JibriConfig, logger: Logger): Promise<JibriListeners> {
    const listeners = new JibriListeners(jibri, config, logger);
    try {
      await listeners.#openConfigured(config);
    } catch (error) {
      await listeners.close();
      throw error;
    }
    return listeners;
  }

  /** In the order of the slots, then the internal one; last those that were opened later. */
  get ports(): number[] {
    return Array.from(this.#listeners, portOf);
  }

  /** Opens a port for a slot that was added. Rejects with a StartError when the address cannot be bound */
  async open(slot: Slot, address: ListenerAddress): Promise<{ readonly port: number; close(): Promise<void> }> {
    const listener = await this.#listen(address, this.#portOf(slot), 'JOD_RECORDER_ADDRESSES');
    const port = portOf(listener);
    this.#logger.info({ ip: address.ip, port, recorderId: slot.id }, 'A customer can drive a recorder here.');
    return { port, close: () => this.#end(listener) };
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= Promise.all(Array.from(this.#listeners, (listener) => listener.close())).then(() => undefined);
    await this.#closing;
  }

  async #openConfigured({ external, internal, slotListeners }: JibriConfig): Promise<void> {
    const { slots } = this.#jibri;
    if (external) await this.#openFirst(external);
    for (const [index, address] of slotListeners.entries()) {
      await this.#openPublic(address, this.#portOf(slots.all[index + 1] ?? slots.default), 'JIBRI_SLOT_LISTENERS');
    }
    if (internal) await this.#openPublic(internal, internalPort(this.#jibri), 'JIBRI_HTTP_API_INTERNAL_PORT');
  }

  /** The port of the default slot, which may be missing when nobody asked for it. */
  async #openFirst({ required, ...address }: NonNullable<JibriConfig['external']>): Promise<void> {
    const opening = this.#openPublic(address, this.#portOf(this.#jibri.slots.default), 'JIBRI_HTTP_API_EXTERNAL_PORT');
    await opening.catch((error: Error) => {
      if (required) throw error;
      this.#logger.warn({ cause: error.message }, 'The port of the recorders cannot be used; they do without.');
    });
  }

  async #openPublic(address: ListenerAddress, routes: FastifyPluginAsync, variable: string): Promise<void> {
    const port = portOf(await this.#listen(address, routes, variable));
    this.#logger.info({ ip: address.ip, port }, 'Recorders can be driven here without a token.');
  }

  #portOf(slot: Slot): FastifyPluginAsync {
    return slotPort(this.#jibri, slot, this.#prometheus);
  }

  /** @param variable that sets the address, for the message of an error */
  async #listen(address: ListenerAddress, routes: FastifyPluginAsync, variable: string): Promise<FastifyInstance> {
    const where = `${address.ip} port ${address.port}`;
    const listener = await listening(listen(address, routes, this.#logger), where, variable);
    this.#listeners.add(listener);
    if (!this.#closing) return listener;
    await this.#end(listener);
    throw new ShoalError('serverStopping');
  }

  /** Idempotent. */
  async #end(listener: FastifyInstance): Promise<void> {
    this.#listeners.delete(listener);
    await listener.close();
  }
}

/** A port of its own for a recorder: docs/contracts/jibri.md 2.1. @throws when the address cannot be bound */
async function listen(
  { ip, port }: ListenerAddress,
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
