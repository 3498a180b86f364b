import type { Clock } from '../../../clock/clock.ts';
import { fromTagOf, sequenceOf, topViaOf } from '../message/header-values.ts';
import type { SipRequest } from '../message/sip-message.ts';
import type { SipTransport } from '../transport/sip-transport.ts';

/** What server transactions share. */
export interface ServerContext {
  readonly transport: SipTransport;
  readonly clock: Clock;
  /** Makes a word that nobody can guess, for tags. */
  readonly token: () => string;
}

/** What the branch of a client of RFC 3261 starts with. */
const cookie = 'z9hG4bK';

/**
 * Names the server transaction of a request, for repetitions of the request (RFC 3261 section 17.2.3): an ACK or a CANCEL has the key of
 * its INVITE.
 */
export function requestKey(request: SipRequest): string {
  const { headers, method, uri } = request;
  const { host = '', port = '', parameters } = topViaOf(headers) ?? {};
  const branch = parameters?.get('branch') ?? '';
  const parts = [method === 'ACK' || method === 'CANCEL' ? 'INVITE' : method, host, port, branch];
  // a client of RFC 2543: its branch need not be unique
  if (!branch.startsWith(cookie)) parts.push(uri, inviteKey(request));
  return parts.join(' ');
}

/** Names an INVITE whatever way it came: for the ACK of its 2xx, and for copies that forks have made of it (RFC 3261 section 8.2.2.2). */
export function inviteKey({ headers }: SipRequest): string {
  return `${sequenceOf(headers)?.number} ${fromTagOf(headers) ?? ''} ${headers.get('call-id') ?? ''}`;
}
