import type { SipError, SipErrorCode } from '../sip-error.ts';
import type { CallEnd, CallEndReason } from './call-state.ts';

/** By status of the final response; every other one is `rejected`. */
const reasonsOfStatus: Readonly<Record<number, CallEndReason>> = {
  401: 'unauthorized',
  403: 'declined',
  404: 'not_found',
  407: 'unauthorized',
  408: 'timeout',
  410: 'not_found',
  415: 'no_common_codec',
  480: 'unavailable',
  484: 'bad_number',
  486: 'busy',
  488: 'no_common_codec',
  503: 'unavailable',
  600: 'busy',
  603: 'declined',
  604: 'not_found',
  606: 'no_common_codec',
  // unwanted (RFC 8197), and refused by whoever filters calls (RFC 8688)
  607: 'declined',
  608: 'declined',
};

const reasonsOfError: Readonly<Record<SipErrorCode, CallEndReason>> = {
  unresolved: 'unreachable',
  refused_address: 'unreachable',
  unreachable: 'unreachable',
  untrusted: 'unreachable',
  timeout: 'timeout',
  unauthorized: 'unauthorized',
  rejected: 'rejected',
  bad_message: 'rejected',
  no_common_codec: 'no_common_codec',
  bad_number: 'bad_number',
  bad_address: 'bad_number',
  no_port: 'failed',
  closed: 'component_closed',
  failed: 'failed',
};

/** What a refusal of our INVITE means. @param status from 300 on */
export function endOfStatus(status: number): CallEnd {
  return { reason: reasonsOfStatus[status] ?? 'rejected', status };
}

export function endOfError({ code, status }: SipError): CallEnd {
  return { reason: reasonsOfError[code], ...(status !== undefined && { status }) };
}
