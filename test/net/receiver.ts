import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

const ok: Answer = (response) => response.writeHead(200).end();

/** A real HTTP server on 127.0.0.1 that records its requests. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  /** Responses to the next requests, one each; then 200. */
  readonly script: Answer[] = [];
  port = 0;
  readonly #arrivals = new EventEmitter<{ arrival: [] }>();
  readonly #server = createServer((request, response) => void this.#receive(request, response));

  static async start(t: Pick<Test, 'teardown'>, port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    receiver.port = (receiver.#server.address() as AddressInfo).port;
    t.teardown(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Waits until `count` requests have come in all. */
  async received(count: number): Promise<readonly ReceivedRequest[]> {
    while (this.requests.length < count) await once(this.#arrivals, 'arrival');
    return this.requests;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url: path, headers, rawHeaders } = request;
    const received = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
    this.requests.push(received);
    (this.script.shift() ?? ok)(response, received);
    this.#arrivals.emit('arrival');
  }
}
