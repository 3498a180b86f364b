import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { DeliveryDirectives } from '../../src/api/fishjam/playlist-request.ts';
import { readStreamPath, type StreamAddress } from '../../src/edge/stream-request.ts';

/** A request for a file of a stream that is written plainly. */
export interface EdgeRequest extends Omit<StreamAddress, 'query'> {
  readonly directives: DeliveryDirectives;
}

/** @returns undefined for every other request, which the server is to look at */
export function readEdgeRequest(request: IncomingMessage | Http2ServerRequest): EdgeRequest | undefined {
  const { method, url = '', headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if ('content-length' in headers || 'transfer-encoding' in headers || 'expect' in headers) return undefined;
  const { query, ...address } = readStreamPath(url) ?? { roomId: undefined };
  if (address.roomId === undefined) return undefined;
  const directives = readDirectives(query ?? '');
  return directives && { ...address, directives };
}

/** @returns undefined when one is not as it should be, or is there twice */
function readDirectives(query: string): DeliveryDirectives | undefined {
  const directives: { _HLS_msn?: number; _HLS_part?: number; _HLS_skip?: string } = {};
  for (const pair of query === '' ? [] : query.split('&')) {
    const [name = '', value = '', ...more] = pair.split('=');
    if (!name.startsWith('_HLS_')) continue;
    if (name in directives || more.length > 0) return undefined;
    if (name === '_HLS_skip') directives._HLS_skip = value;
    else if (name !== '_HLS_msn' && name !== '_HLS_part') continue;
    else if (!/^\d{1,15}$/.test(value)) return undefined;
    else directives[name] = Number(value);
  }
  return directives;
}
