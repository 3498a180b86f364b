import { SipHeaders } from './sip-headers.ts';
import type { SipRequest, SipResponse } from './sip-message.ts';

/** RFC 3261 section 21. */
const reasons: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  603: 'Decline',
};

export interface OutgoingResponse {
  /** Besides those that are copied from the request. */
  readonly headers?: Iterable<readonly [name: string, value: string]>;
  /** With a `content-type` in the headers. */
  readonly body?: string;
  /** Tag of To, for a request without one. Not used for a 100. */
  readonly toTag: string;
}

/** The response to a request (RFC 3261 section 8.2.6), with Record-Route where it makes a dialog (12.1.1). */
export function outgoingResponse(request: SipRequest, status: number, given: OutgoingResponse): SipResponse {
  const { headers } = request;
  const to = headers.get('to') ?? '';
  const needsTag = status !== 100 && !hasTag(to);
  const dialogs = request.method === 'INVITE' && status > 100 && status < 300;
  const copied = (name: string) => headers.all(name).map((value) => [name, value] as const);
  const all: (readonly [name: string, value: string])[] = [
    ...copied('via'),
    ...(dialogs ? copied('record-route') : []),
    ['from', headers.get('from') ?? ''],
    ['to', needsTag ? `${to};tag=${given.toTag}` : to],
    ['call-id', headers.get('call-id') ?? ''],
    ['cseq', headers.get('cseq') ?? ''],
    ['server', 'Shoal'],
    ...(given.headers ?? []),
  ];
  const reason = reasons[status] ?? 'Unknown';
  const body = Buffer.from(given.body ?? '');
  return { type: 'response', status, reason, headers: new SipHeaders(all), body };
}

/** Whether From or To has a tag: a parameter behind the URI, not one of the URI. */
function hasTag(address: string): boolean {
  return /;\s*tag\s*=/i.test(address.slice(address.lastIndexOf('>') + 1));
}
