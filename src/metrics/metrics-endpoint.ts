import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../log/logger.ts';
import { foreignHostCheck } from '../net/foreign-host.ts';
import { limitPipelining } from '../net/pipelined-requests.ts';

export interface MetricsEndpointOptions {
  readonly ip: string;
  /** 0: any free port. */
  readonly port: number;
  /** Returns the text of a scrape. */
  readonly scrape: () => Promise<string>;
  readonly logger: Logger;
}

const contentType = 'text/plain; charset=utf-8';

/** The HTTP server for Prometheus: `/metrics` and nothing else (docs/contracts/fishjam-sockets.md 8). */
export class MetricsEndpoint {
  readonly #options: MetricsEndpointOptions;
  readonly #server: Server;
  readonly #isForeign: ReturnType<typeof foreignHostCheck>;
  #closing: Promise<void> | undefined;

  private constructor(options: MetricsEndpointOptions) {
    this.#options = options;
    this.#isForeign = foreignHostCheck(options.ip);
    this.#server = createServer((request, response) => void this.#respond(request, response));
    limitPipelining(this.#server);
  }

  /** Rejects when the address is in use or not of this host. */
  static async start(options: MetricsEndpointOptions): Promise<MetricsEndpoint> {
    const endpoint = new MetricsEndpoint(options);
    endpoint.#server.listen(options.port, options.ip);
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes the server and all connections. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isForeign(request)) return send(response, 403, 'Forbidden');
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const [path] = request.url?.split('?') ?? [];
    if (!reads || path !== '/metrics') return send(response, 404, 'Not Found');
    try {
      send(response, 200, await this.#options.scrape());
    } catch (error) {
      this.#options.logger.error({ err: error }, 'The metrics could not be collected.');
      send(response, 500, 'Internal Server Error');
    }
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
