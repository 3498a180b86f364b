import { StartError } from '../error/start-error.ts';

/** The TURN server cannot start; the message says what to do. */
export class TurnError extends StartError {
  override readonly name = 'TurnError';
}
