import type { AddressInfo } from 'node:net';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  fastify,
  LogController,
} from 'fastify';
import { closeLingeringRequests } from '../lingering-requests.ts';
import { registerSchemas } from '../route-group.ts';

/** Bytes; a start request has a few hundred. */
const bodyLimit = 1_000_000;
/** How long a client may take to send a request, in ms. */
const requestTimeout = 60_000;

/** A port of its own for a recorder: docs/contracts/jibri.md 2.1. */
export class JibriListener {
  readonly #app: FastifyInstance;

  private constructor(app: FastifyInstance) {
    this.#app = app;
  }

  /** @throws when the address cannot be bound */
  static async start(
    address: { readonly ip: string; readonly port: number },
    routes: FastifyPluginAsync,
    logger: FastifyBaseLogger,
  ): Promise<JibriListener> {
    const app = fastify({
      ...{ bodyLimit, requestTimeout },
      loggerInstance: logger,
      logController: new LogController({ disableRequestLogging: true }),
      frameworkErrors: (_error, _request, reply: FastifyReply) => void reply.code(404).send(),
    });
    registerSchemas(app);
    closeLingeringRequests(app);
    app.setNotFoundHandler((_request, reply) => reply.code(404).send());
    // Not encapsulated: their hooks are for unknown paths, too.
    await routes(app, {});
    await app.listen({ host: address.ip, port: address.port });
    return new JibriListener(app);
  }

  get port(): number {
    return (this.#app.server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#app.close();
  }
}
