import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';

/** Takes over a socket that has just been opened; who the client is, it has yet to tell. */
export type SocketAcceptor = (socket: WebSocket, request: IncomingMessage) => void;

export interface SocketRoutesOptions {
  /** By path. */
  readonly acceptors: Readonly<Record<string, SocketAcceptor>>;
  /** Whether the page that opens the socket may. */
  readonly originAllowed: (request: IncomingMessage) => boolean;
}

/** Largest message that a client may send, in bytes: an offer with some 500 media sections. */
export const maxPayload = 4 * 1024 * 1024;
/** Maximum number of fragments of a message. Browsers send a long one in pieces of some 16 KiB and more. */
export const maxFragments = 512;

/** How long clients may take to reply to a closing frame, in ms. */
const closingTime = 1_000;

/** Lets requests become sockets, and says of each request whether it is about to (`request.ws`). */
export async function registerSockets(app: FastifyInstance): Promise<void> {
  await app.register(fastifyWebsocket, {
    // One message at a time: many that arrive together would hold up everybody else.
    options: {
      maxPayload,
      maxFragments,
      perMessageDeflate: false,
      allowSynchronousEvents: false,
      handleProtocols: () => false,
    },
    errorHandler: (err, socket, request) => {
      // What clients do wrong has got its close code already; the rest is ours.
      request.log.info({ err }, 'A socket failed.');
      socket.close(1011);
      // After a broken frame nothing more is understood, not even the client's goodbye.
      const timer = setTimeout(() => socket.terminate(), closingTime);
      socket.once('close', () => clearTimeout(timer));
    },
    preClose: (done) => void closeSockets(app.websocketServer).then(() => done()),
  });
}

/** The sockets' paths: docs/contracts/fishjam-sockets.md 1. */
export async function registerSocketRoutes(app: FastifyInstance, options: SocketRoutesOptions): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const [url, acceptor] of Object.entries(options.acceptors)) {
      scope.route({
        method: 'GET',
        url,
        schema: { hide: true },
        onRequest: (request, reply, done) => {
          if (options.originAllowed(request.raw)) return done();
          reply.code(403).send();
        },
        handler: (_request, reply) => reply.code(400).send(),
        wsHandler: (socket, request) => acceptor(socket, request.raw),
        exposeHeadRoute: false,
      });
      scope.route({
        method: ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        url,
        schema: { hide: true },
        handler: (_request, reply) => reply.code(400).send(),
      });
    }
  });
}

/** Says whether a request is to leave HTTP. All others that offer an upgrade (to HTTP/2, say) get the response that they would get without it. */
export function isSocketUpgrade(request: IncomingMessage, paths: readonly string[]): boolean {
  const { headers, method, url = '' } = request;
  // The router folds slashes in the same way.
  const path = url.split('?', 1)[0]?.replace(/\/+/g, '/').replace(/\/$/, '') ?? '';
  return (
    method === 'GET' &&
    paths.includes(path) &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  );
}

/** Sockets end with their rooms; this is for those that no room owns. */
async function closeSockets(server: WebSocketServer): Promise<void> {
  const sockets = [...server.clients];
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of sockets) socket.close(1001);
  const timer = new AbortController();
  await Promise.race([Promise.all(closed), delay(closingTime, undefined, timer)]);
  timer.abort();
  for (const socket of sockets) socket.terminate();
  server.close();
}
