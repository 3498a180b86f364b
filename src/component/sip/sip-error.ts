/** Why SIP failed: for logs, metrics and the state of a call. */
export type SipErrorCode =
  /** The name has no address. */
  | 'unresolved'
  /** The address guard does not permit the address. */
  | 'refused_address'
  /** No connection, or the network refuses datagrams. */
  | 'unreachable'
  /** The certificate of the server is not valid for it. */
  | 'untrusted'
  /** No response within 32 s. */
  | 'timeout'
  /** The credentials were refused. */
  | 'unauthorized'
  /** Any other final response that is a failure. */
  | 'rejected'
  | 'bad_message'
  /** The session description has no codec that we have, or is none. */
  | 'no_common_codec'
  | 'bad_number'
  | 'bad_address'
  /** All RTP ports of the range are in use. */
  | 'no_port'
  | 'closed'
  /** Something of ours failed. */
  | 'failed';

/** A failure of SIP. */
export class SipError extends Error {
  readonly code: SipErrorCode;
  /** Status of the response, if there was one. */
  readonly status: number | undefined;

  constructor(code: SipErrorCode, message: string = code, status?: number) {
    super(message);
    this.name = 'SipError';
    this.code = code;
    this.status = status;
  }
}

/** What was thrown, as an error of SIP: anything else is a fault of our own, a `failed`. */
export function asSipError(error: unknown): SipError {
  return error instanceof SipError ? error : new SipError('failed', error instanceof Error ? error.message : 'failed');
}
