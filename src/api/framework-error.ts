import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ShoalError } from '../error/shoal-error.ts';

/** The statuses that are answered with the framework's envelope: docs/contracts/fishjam-rest.md 1.2. */
export type FrameworkStatus = 400 | 404 | 406 | 413 | 415 | 500;

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

/** Answers whatever was thrown; what nobody foresaw is logged and becomes a 500 that tells nothing. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ShoalError) {
    reply.code(error.status).send({ errors: error.message });
    return;
  }
  const status = frameworkStatus(error);
  if (status === 500) request.log.error({ err: error, method: request.method }, 'A request failed unexpectedly.');
  // The framework would close the connection of a body that it gave up; a client that is still sending would miss the answer.
  reply.removeHeader('connection');
  discardBody(request.raw, () => reply.code(status).send(frameworkEnvelope(status)));
}

/** Reads what is left of a body, for nothing, and goes on then. */
export function discardBody(request: IncomingMessage, next: () => void): void {
  if (request.complete) return next();
  finished(request, () => next());
  request.resume();
}

function frameworkStatus(error: unknown): FrameworkStatus {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  switch (status) {
    case 400:
    case 404:
    case 406:
    case 413:
    case 415:
      return status;
    default:
      return 500;
  }
}
