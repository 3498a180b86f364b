import type { SipHeaders } from './sip-headers.ts';

export interface SipRequest {
  readonly type: 'request';
  /** As written: methods are case-sensitive. */
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly type: 'response';
  /** 100 to 699. */
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

/** A SIP message (RFC 3261 section 7). */
export type SipMessage = SipRequest | SipResponse;
