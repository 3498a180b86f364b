/**
 * `invalid`: a value is missing or cannot be read; `denied`: the key is none of the conference's server. What is said of them on the wire
 * differs from route to route: docs/contracts/jitsi-admin.md 3.
 */
export type SchedulingErrorCode =
  | 'invalid'
  | 'serverNotFound'
  | 'conferenceNotFound'
  | 'denied'
  | 'newServerNotFound'
  | 'notCloneable'
  | 'urlMissing'
  | 'emailInvalid'
  | 'userNotFound'
  | 'minutesMissing';

/** A request of a backend cannot be done; nothing was changed. */
export class SchedulingError extends Error {
  override readonly name = 'SchedulingError';
  readonly code: SchedulingErrorCode;

  constructor(code: SchedulingErrorCode) {
    super(code);
    this.code = code;
  }
}
