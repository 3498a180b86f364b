import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JibriResponse } from '../../jibri/jibri-api.ts';
import type { Logger } from '../../log/logger.ts';
import { isFromWebPage } from './web-page.ts';

/** Responds to a request by its method, its path without the query, and its body. */
export type Responder = (method: string, path: string, body: string) => Promise<JibriResponse>;

/** Bytes; a start request has a few hundred. */
const maxBodyLength = 1_000_000;
/** Ms that requests may go on when the server stops. */
const closeTimeout = 2000;

/** A port of its own for a recorder, for programs, without any authentication: docs/contracts/jibri.md 2.1. */
export class JibriListener {
  readonly #server: Server;
  readonly #respond: Responder;
  readonly #logger: Logger;
  #closing: Promise<void> | undefined;

  private constructor(respond: Responder, logger: Logger) {
    this.#respond = respond;
    this.#logger = logger;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** @throws when the address cannot be bound */
  static async start(
    address: { ip: string; port: number },
    respond: Responder,
    logger: Logger,
  ): Promise<JibriListener> {
    const listener = new JibriListener(respond, logger);
    listener.#server.listen({ host: address.ip, port: address.port });
    await once(listener.#server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    const timer = setTimeout(() => this.#server.closeAllConnections(), closeTimeout);
    await closed;
    clearTimeout(timer);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    try {
      const body = await readBody(request);
      const [path = ''] = (request.url ?? '').split('?', 1);
      if (isFromWebPage(request.headers)) send(response, { status: 403 });
      else if (body === undefined) send(response, { status: 500 });
      else send(response, await this.#respond(request.method ?? '', path, body));
    } catch (err) {
      this.#logger.error({ err }, 'A request to a recorder failed unexpectedly.');
      send(response, { status: 500 });
    }
  }
}

function send(response: ServerResponse, { status, contentType, body = '', afterwards }: JibriResponse): void {
  if (afterwards) response.once('close', afterwards);
  const type = contentType === undefined ? {} : { 'content-type': contentType };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** @returns undefined when it is too long; it has been read for nothing then */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBodyLength) chunks.push(chunk);
  }
  return length <= maxBodyLength ? Buffer.concat(chunks).toString() : undefined;
}
