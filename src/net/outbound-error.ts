const sentences = {
  invalidUrl: 'The URL is not valid',
  refusedScheme: 'Only http and https are allowed',
  refusedAddress: 'The address is not permitted',
  connectTimeout: 'Timeout while connecting',
  responseTimeout: 'Timeout while waiting for the response',
  unreachable: 'The connection failed',
  untrusted: 'The certificate is not valid',
  aborted: 'The request was aborted',
} as const;

export type OutboundErrorCode = keyof typeof sentences;

/** Why an outgoing request got no response. The message names the host at most: paths, queries and user parts may hold secrets. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  /** The code of the system or the library, such as `ECONNREFUSED`. */
  readonly reason: string | undefined;

  constructor(code: OutboundErrorCode, details: { host?: string; reason?: string } = {}) {
    const { host, reason } = details;
    super(`${sentences[code]}${host ? ` (${host})` : ''}${reason ? `: ${reason}` : ''}`);
    this.name = 'OutboundError';
    this.code = code;
    this.reason = reason;
  }
}
