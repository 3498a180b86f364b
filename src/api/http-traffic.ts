import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { isAbandoned, isSecondPass } from './method-override.ts';

/** Counts bytes of HTTP by the formulas of docs/contracts/fishjam-sockets.md 8. WebSocket traffic is in neither. */
export interface HttpTraffic {
  received(bytes: number): void;
  sent(bytes: number): void;
}

export function registerHttpTraffic(app: FastifyInstance, traffic: HttpTraffic): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.ws && !isSecondPass(request)) traffic.received(requestBytes(request.raw));
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.ws && !isAbandoned(request)) traffic.sent(responseBytes(reply.getHeaders(), request.method));
    done();
  });
}

/** Bodies are not counted. */
export function requestBytes(raw: Pick<IncomingMessage, 'url' | 'method' | 'rawHeaders'>): number {
  const url = raw.url ?? '';
  let bytes = (raw.method?.length ?? 0) + url.length - (url.includes('?') ? 1 : 0) + 14;
  for (let i = 0; i < raw.rawHeaders.length; i += 2) {
    bytes += headerBytes(raw.rawHeaders[i] ?? '', raw.rawHeaders[i + 1] ?? '');
  }
  return bytes;
}

/** @param headers of the response @param method of the request */
export function responseBytes(headers: Readonly<Record<string, unknown>>, method: string): number {
  const body = method === 'HEAD' ? 0 : Number(headers['content-length'] ?? 0);
  let bytes = body + 79;
  for (const [name, value] of Object.entries(headers)) {
    // The length is the HTTP server's own header, part of the constant.
    if (name !== 'content-length') bytes += headerBytes(name, String(value ?? ''));
  }
  return bytes;
}

const headerBytes = (name: string, value: string) => name.length + value.length + 4;
