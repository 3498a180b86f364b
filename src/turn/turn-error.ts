/** The TURN server cannot run; the message says what to do. */
export class TurnError extends Error {
  override readonly name = 'TurnError';
}
