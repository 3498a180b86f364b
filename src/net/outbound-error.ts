const sentences = {
  invalidUrl: 'The URL is not valid',
  refusedScheme: 'Only http and https are allowed',
  refusedAddress: 'The address must not be reached',
  connectTimeout: 'No connection in time',
  answerTimeout: 'No answer in time',
  unreachable: 'No connection, or it broke',
  aborted: 'The request was given up',
} as const;

export type OutboundErrorCode = keyof typeof sentences;

/** Why an outgoing request has no answer. Names the host at most: paths, queries and user parts may hold secrets. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  /** The system's or library's own code, such as `ECONNREFUSED`. */
  readonly reason: string | undefined;

  constructor(code: OutboundErrorCode, details: { host?: string; reason?: string } = {}) {
    const { host, reason } = details;
    super(`${sentences[code]}${host ? ` (${host})` : ''}${reason ? `: ${reason}` : ''}`);
    this.name = 'OutboundError';
    this.code = code;
    this.reason = reason;
  }
}
