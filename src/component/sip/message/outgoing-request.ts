import { SipHeaders } from './sip-headers.ts';
import type { SipRequest } from './sip-message.ts';

/** Methods that we take in a dialog or outside of one. */
export const allowedMethods = 'INVITE, ACK, CANCEL, BYE, UPDATE, INFO, NOTIFY, OPTIONS';

export interface OutgoingRequest {
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  /** Name-addr with its tag. */
  readonly from: string;
  /** Name-addr; with the tag of the other side in a dialog. */
  readonly to: string;
  readonly callId: string;
  /** CSeq number, 1 to 2^31 - 1. */
  readonly sequence: number;
  /** The route set, in the order in which it is gone through: name-addrs. */
  readonly routes?: readonly string[];
  /** Others, such as Contact, Expires and Content-Type. */
  readonly headers?: Iterable<readonly [name: string, value: string]>;
  readonly body?: string;
}

/** A request with the headers that each request has (RFC 3261 section 8.1.1), but Via, which its transaction adds. */
export function outgoingRequest(given: OutgoingRequest): SipRequest {
  const { method, uri, from, to, callId, sequence, routes = [], headers = [], body = '' } = given;
  const all: (readonly [name: string, value: string])[] = [
    ['max-forwards', '70'],
    ...routes.map((route) => ['route', route] as const),
    ['from', from],
    ['to', to],
    ['call-id', callId],
    ['cseq', `${sequence} ${method}`],
    ['user-agent', 'Shoal'],
    ['allow', allowedMethods],
    ...headers,
  ];
  return { type: 'request', method, uri, headers: new SipHeaders(all), body: Buffer.from(body) };
}
