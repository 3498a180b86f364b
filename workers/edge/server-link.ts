import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ForwardedClient } from '../../src/edge/edge-message.ts';

/** About the connection, not the message: RFC 9110 section 7.6.1. */
const perConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);

/** Of a stream of HTTP/2. */
const internalError = constants.NGHTTP2_INTERNAL_ERROR;

/** The way to the server for what an edge does not serve. */
export class ServerLink {
  readonly #path: string;

  /** @param path of the server's local socket */
  constructor(path: string) {
    this.#path = path;
  }

  /** Lets the server reply to a request. */
  forward(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
    const { method, url: path } = request;
    // An agent of its own, so that no connection is used for another client.
    const agent = Object.assign(new Agent(), { createConnection: () => this.#connect(request.socket) });
    const forwarded = httpRequest({ method, path, headers: headersOf(request), agent });
    const fail = () => ('stream' in request ? request.stream.close(internalError) : request.socket.destroy());
    forwarded.once('error', fail);
    forwarded.once('response', (reply) => {
      reply.once('error', fail);
      (response as ServerResponse).writeHead(reply.statusCode ?? 502, responseHeaders(reply));
      reply.pipe(response as ServerResponse);
    });
    response.once('close', () => forwarded.destroy());
    pass(request, forwarded);
  }

  /** Hands a connection over for good: it becomes a websocket, or whatever the server makes of the request. */
  tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const server = this.#connect(request.socket);
    const { method, url, httpVersion, rawHeaders } = request;
    const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
    server.write(`${[`${method} ${url} HTTP/${httpVersion}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
    server.write(head);
    server.pipe(socket).pipe(server);
    server.once('close', () => socket.destroy());
    socket.once('close', () => server.destroy());
    socket.on('error', () => socket.destroy());
    server.on('error', () => server.destroy());
  }

  #connect({ remoteAddress = '', remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>): Socket {
    const client: ForwardedClient = { address: remoteAddress, port: remotePort };
    const socket = connect({ path: this.#path, allowHalfOpen: true });
    socket.write(`${JSON.stringify(client)}\n`);
    return socket;
  }
}

function pass(request: IncomingMessage | Http2ServerRequest, forwarded: ClientRequest): void {
  request.once('error', () => forwarded.destroy());
  request.pipe(forwarded);
}

/** As they came, name by name; the length or the encoding of the body says whether there is one. */
function headersOf({ rawHeaders, headers, httpVersionMajor }: IncomingMessage | Http2ServerRequest): string[] {
  const isPassed = (name: string) =>
    !name.startsWith(':') && (name === 'transfer-encoding' || !perConnection.has(name));
  const passed = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && isPassed(name.toLowerCase()) ? [name, rawHeaders[i + 1] ?? ''] : [],
  );
  const authority = (headers as { ':authority'?: string })[':authority'];
  return httpVersionMajor === 2 && headers.host === undefined ? ['host', authority ?? '', ...passed] : passed;
}

function responseHeaders({ headers }: IncomingMessage): NodeJS.Dict<string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !perConnection.has(name)));
}
