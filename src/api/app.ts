import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'node:https';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  fastify,
  LogController,
} from 'fastify';
import type { Secret } from '../config/secret.ts';
import { type ConnectionTaker, limitPipelining } from '../net/pipelined-requests.ts';
import { bodyLimit, parseQuery, registerBodyParsing } from './body-parsing.ts';
import { refuseClient } from './client-error.ts';
import { FrameworkError, frameworkEnvelope } from './framework-error.ts';
import { httpTimeouts } from './http-timeouts.ts';
import { type HttpTraffic, registerHttpTraffic } from './http-traffic.ts';
import { closeLingeringRequests } from './lingering-requests.ts';
import { registerMethodOverride } from './method-override.ts';
import { addStandardHeaders, registerResponseHeaders, requestId } from './response-headers.ts';
import { type RestContext, registerRestApi } from './rest-api.ts';
import { sendError } from './send-error.ts';
import { isSocketUpgrade, registerSocketRoutes, registerSockets, type SocketAcceptor } from './socket-routes.ts';

export interface AppOptions extends RestContext {
  /** The token of the API. */
  readonly serverApiToken: Secret;
  readonly logger: FastifyBaseLogger;
  /** Takes over the sockets of backends. */
  readonly serverSockets: SocketAcceptor;
  /** Takes over the sockets of peers. */
  readonly peerSockets: SocketAcceptor;
  /** Whether the web page that opens a socket may. */
  readonly originAllowed: (request: IncomingMessage) => boolean;
  /** Whether a request is for another host than this one, and refused. Default: none is */
  readonly isForeign?: (request: IncomingMessage) => boolean;
  /** Private key and certificate in PEM form: HTTPS instead of HTTP. */
  readonly tls?: Pick<ServerOptions, 'key' | 'cert'>;
  /** Whether texts are Jellyfish's where they differ. */
  readonly jellyfish?: boolean;
  readonly traffic?: HttpTraffic;
  /** Takes connections over between their requests. */
  readonly takeConnection?: ConnectionTaker;
  /** Further pages. */
  readonly plugins?: readonly FastifyPluginAsync[];
}

/** The HTTP side of the server, not yet listening. The order of the registrations is the order in which a request meets them. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const acceptors = {
    '/socket/server/websocket': options.serverSockets,
    '/socket/peer/websocket': options.peerSockets,
  };
  const app = createFastify(options, Object.keys(acceptors));
  closeLingeringRequests(app);
  await registerSockets(app);
  if (options.traffic) registerHttpTraffic(app, options.traffic);
  registerResponseHeaders(app);
  const { isForeign } = options;
  if (isForeign) {
    app.addHook('onRequest', (request, reply, done) => {
      if (!isForeign(request.raw)) return done();
      reply.code(403).send(frameworkEnvelope(403));
    });
  }
  registerBodyParsing(app, options.serverApiToken);
  registerMethodOverride(app);
  await registerSocketRoutes(app, { acceptors, originAllowed: options.originAllowed });
  await registerRestApi(app, options, options.serverApiToken);
  for (const plugin of options.plugins ?? []) await app.register(plugin);
  await app.ready();
  return app;
}

function createFastify(options: AppOptions, socketPaths: readonly string[]): FastifyInstance {
  const shouldUpgradeCallback = (request: IncomingMessage) => isSocketUpgrade(request, socketPaths);
  const server = { shouldUpgradeCallback };
  const app = fastify({
    // The kinds of server differ in type only. Over TLS, viewers of HLS get HTTP/2; websockets stay with HTTP/1.1.
    ...((options.tls
      ? { http2: true, https: { allowHTTP1: true, requestTimeout: httpTimeouts.requestTimeout, ...options.tls } }
      : { http: server }) as { http: typeof server }),
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    ...httpTimeouts,
    // A busy machine may need long to read the files of a page; the start of the server would fail.
    pluginTimeout: 0,
    genReqId: requestId,
    clientErrorHandler: refuseClient,
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      // Ids of any length are looked up, and are unknown then.
      maxParamLength: 65_536,
      querystringParser: parseQuery,
    },
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      // The path could not be decoded: its escapes are broken, or what they stand for is no text.
      const status = /%(?![\da-f]{2})/i.test(request.raw.url ?? '') ? 400 : 415;
      addStandardHeaders(reply);
      reply.code(status).send(frameworkEnvelope(status));
    },
  }) as FastifyInstance;
  // A server of HTTP/2 passes the option over.
  Object.assign(app.server, { shouldUpgradeCallback });
  limitPipelining(app.server, options.takeConnection);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.jellyfish));
  app.setNotFoundHandler(() => {
    throw new FrameworkError(404);
  });
  return app;
}
