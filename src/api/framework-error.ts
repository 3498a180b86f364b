import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { finished } from 'node:stream';

/** The statuses that are sent with the framework's envelope: docs/contracts/fishjam-rest.md 1.2; 403 is an addition. */
export type FrameworkStatus = 400 | 403 | 404 | 406 | 413 | 415 | 500;

/** Reason phrases of docs/contracts/fishjam-rest.md 1.2 that differ from Node's. */
const phrases: Partial<Record<FrameworkStatus, string>> = { 413: 'Request Entity Too Large' };

/** An error of the HTTP layer, before or beside the application. */
export class FrameworkError extends Error {
  readonly statusCode: FrameworkStatus;

  constructor(statusCode: FrameworkStatus) {
    super(phrases[statusCode] ?? STATUS_CODES[statusCode]);
    this.name = 'FrameworkError';
    this.statusCode = statusCode;
  }
}

/** The framework's envelope: an object, where application errors have a string. */
export function frameworkEnvelope(status: FrameworkStatus): { errors: { detail: string } } {
  return { errors: { detail: new FrameworkError(status).message } };
}

/** Reads what is left of a body, for nothing, and goes on then. */
export function discardBody(request: IncomingMessage, next: () => void): void {
  if (request.complete) return next();
  finished(request, () => next());
  request.resume();
}
