import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import { refuseClient } from '../../src/api/client-error.ts';
import { acceptsGzip, findHlsResource, playlistHeaders } from '../../src/api/fishjam/hls-resource.ts';
import { readPlaylistRequest } from '../../src/api/fishjam/playlist-request.ts';
import { httpTimeouts } from '../../src/api/http-timeouts.ts';
import { requestBytes, responseBytes } from '../../src/api/http-traffic.ts';
import { corsHeaders, requestId, uncached } from '../../src/api/response-headers.ts';
import type { Clock } from '../../src/clock/clock.ts';
import type { HlsResource } from '../../src/component/hls/hls-content.ts';
import { StreamCopy } from '../../src/component/hls/stream-copy.ts';
import type { EdgeCounts, EdgeSettings, ToEdge } from '../../src/edge/edge-message.ts';
import { ShoalError } from '../../src/error/shoal-error.ts';
import { foreignHostCheck } from '../../src/net/foreign-host.ts';
import { limitPipelining } from '../../src/net/pipelined-requests.ts';
import { readEdgeRequest } from './edge-request.ts';
import { ServerLink } from './server-link.ts';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

/** Serves the streams that it has copies of, on connections that it is given; the server replies to all other requests. */
export class EdgeServer {
  readonly #link: ServerLink;
  readonly #clock: Clock;
  readonly #isForeign: (request: Request) => boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #copies = new Map<number, StreamCopy>();
  /** Numbers of the streams that are served, by room. */
  readonly #served = new Map<string, number>();
  #received = 0;
  #sent = 0;

  constructor({ serverPath, loopback, tls }: EdgeSettings, clock: Clock) {
    this.#link = new ServerLink(serverPath);
    this.#clock = clock;
    this.#isForeign = loopback ? foreignHostCheck(loopback.ip, loopback.host) : () => false;
    const serve = (request: Request, response: Response) => void this.#serve(request, response);
    // The kinds of server differ in type only.
    this.#server = tls
      ? (createSecureServer({ allowHTTP1: true, ...httpTimeouts, ...tls }, serve) as unknown as Server)
      : createServer(httpTimeouts, serve);
    this.#server.on('session', (session: ServerHttp2Session) => this.#addSession(session));
    this.#server.on('upgrade', (request, socket, head) => this.#link.tunnel(request, socket, head));
    this.#server.on('clientError', refuseClient);
    limitPipelining(this.#server);
    // It never listens, and would not look after the time that requests take.
    this.#server.emit('listening');
  }

  /** A stream that it has already is up to date. */
  copy({ id, roomId, update }: Omit<Extract<ToEdge, { type: 'copy' }>, 'type'>): void {
    if (this.#copies.has(id)) return;
    this.#copies.set(id, new StreamCopy(update, this.#clock));
    this.#served.set(roomId, id);
  }

  update({ id, update }: Omit<Extract<ToEdge, { type: 'update' }>, 'type'>): void {
    this.#copies.get(id)?.update(update);
  }

  /** Serves it to those only who wait for more of it. */
  withdraw(id: number, roomId: string): void {
    if (this.#served.get(roomId) === id) this.#served.delete(roomId);
  }

  remove(id: number): void {
    this.#copies.delete(id);
  }

  /** @param bytes that were read from the connection already */
  accept(socket: Socket, bytes: Buffer): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.allowHalfOpen = true;
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  /** What was done since the last call. */
  takeCounts(): EdgeCounts {
    const counts = { received: this.#received, sent: this.#sent, connections: this.#sockets.size };
    this.#received = 0;
    this.#sent = 0;
    return counts;
  }

  /** Resolves when what is being sent has been sent. */
  async close(): Promise<void> {
    this.#server.closeIdleConnections?.();
    for (const session of this.#sessions) session.close();
    await Promise.all(Array.from(this.#sockets, (socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  #addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.setTimeout(httpTimeouts.keepAliveTimeout, () => session.close());
  }

  async #serve(request: Request, response: Response): Promise<void> {
    const asked = this.#isForeign(request) ? undefined : readEdgeRequest(request);
    const stream = asked && this.#copies.get(this.#served.get(asked.roomId) ?? -1);
    if (!stream) return this.#link.forward(request, response);
    try {
      const resource = await findHlsResource(stream.content, readPlaylistRequest(asked.filename, asked.directives));
      if (!resource) this.#link.forward(request, response);
      else this.#send(request, response, resource);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  #send(request: Request, response: Response, { body, gzip, maxAge }: HlsResource): void {
    const packed = gzip && acceptsGzip(request.headers) ? gzip() : undefined;
    const content = packed ?? body;
    this.#write(request, response, 200, content, {
      ...this.#headers(request, `public, max-age=${maxAge}`),
      ...(gzip && playlistHeaders),
      ...(packed && { 'content-encoding': 'gzip' }),
      'content-length': content.length,
    });
  }

  /** Positions that do not come; of everything else the server knows more. */
  #refuse(request: Request, response: Response, error: unknown): void {
    const isOurs = error instanceof ShoalError && error.code.startsWith('playlist');
    if (!isOurs) return this.#link.forward(request, response);
    const body = Buffer.from(JSON.stringify({ errors: error.message }));
    this.#write(request, response, error.status, body, {
      ...this.#headers(request, uncached),
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length,
    });
  }

  #headers(request: Request, cacheControl: string) {
    return { 'cache-control': cacheControl, 'x-request-id': requestId(request as IncomingMessage), ...corsHeaders };
  }

  #write(request: Request, response: Response, status: number, body: Buffer, headers: Record<string, string | number>) {
    // The viewer may have left.
    if (response.destroyed) return;
    const { method = '' } = request;
    this.#received += requestBytes(request as IncomingMessage);
    this.#sent += responseBytes(headers, method);
    (response as ServerResponse).writeHead(status, headers);
    if (method === 'HEAD') response.end();
    else response.end(body);
  }
}
