import { SipHeaders } from '../../../../src/component/sip/message/sip-headers.ts';
import type { SipRequest, SipResponse } from '../../../../src/component/sip/message/sip-message.ts';

/** An OPTIONS request with what every message has. */
export function optionsRequest(via: string, body = ''): SipRequest {
  const headers = new SipHeaders([
    ['Via', via],
    ['From', '<sip:a@example.org>;tag=1'],
    ['To', '<sip:b@example.org>'],
    ['Call-ID', 'one'],
    ['CSeq', '1 OPTIONS'],
  ]);
  return { type: 'request', method: 'OPTIONS', uri: 'sip:b@example.org', headers, body: Buffer.from(body) };
}

export function okResponse({ headers }: SipRequest): SipResponse {
  return { type: 'response', status: 200, reason: 'OK', headers, body: Buffer.alloc(0) };
}
