import { topViaOf } from '../message/header-values.ts';
import { SipHeaders } from '../message/sip-headers.ts';
import type { SipRequest } from '../message/sip-message.ts';
import { formatVia, type Via } from '../message/via.ts';
import type { Hop } from './hop.ts';

const standardPort = 5060;

/**
 * A request as its receiver passes it on: its topmost Via says where it came from (RFC 3261 section 18.2.1, RFC 3581 section 4).
 * @param source address and port that it was sent from
 */
export function receivedRequest(request: SipRequest, source: Pick<Hop, 'address' | 'port'>): SipRequest {
  const via = topViaOf(request.headers);
  if (!via) return request;
  const parameters = new Map(via.parameters);
  const wantsPort = parameters.has('rport');
  parameters.delete('received');
  if (wantsPort) parameters.set('rport', String(source.port));
  if (wantsPort || via.host !== source.address) parameters.set('received', source.address);
  return { ...request, headers: withTopVia(request.headers, { ...via, parameters }) };
}

/** The port that the response to a datagram goes to, at the address that the datagram came from. */
export function responsePort(request: SipRequest, sourcePort: number): number {
  const via = topViaOf(request.headers);
  return !via || via.parameters.has('rport') ? sourcePort : (via.port ?? standardPort);
}

function withTopVia(headers: SipHeaders, via: Via): SipHeaders {
  const [line = '', ...others] = headers.all('via');
  const rest = afterFirstItem(line);
  const lines = [`${formatVia(via)}${rest}`, ...others];
  return new SipHeaders(Array.from(headers, ([name, value]) => [name, name === 'via' ? (lines.shift() ?? '') : value]));
}

/** A Via has no commas but those between its values, except in quotes. */
function afterFirstItem(line: string): string {
  const [first = ''] = /^(?:"(?:[^"\\]|\\.)*"|[^",])*/.exec(line) ?? [];
  return line.slice(first.length);
}
