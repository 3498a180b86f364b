import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { errorTable } from '../error/error-table.ts';
import { ShoalError } from '../error/shoal-error.ts';
import { discardBody, FrameworkError, type FrameworkStatus, frameworkEnvelope } from './framework-error.ts';
import type { Members } from './request-body.ts';
import { printed } from './written-number.ts';

/** Sends what was thrown. An unexpected error is logged and becomes a 500 without details. @param jellyfish whether the texts are Jellyfish's */
export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, jellyfish = false): void {
  const error = validationError(thrown, request) ?? thrown;
  if (error instanceof ShoalError) {
    reply.code(error.status).send({ errors: jellyfish ? error.jellyfishText : error.message });
    return;
  }
  const status = frameworkStatus(error);
  if (status === 500) request.log.error({ err: error, method: request.method }, 'A request failed unexpectedly.');
  // The framework would close the connection of a body that it gave up; a client that is still sending would miss the reply.
  reply.removeHeader('connection');
  discardBody(request.raw, () => reply.code(status).send(frameworkEnvelope(status)));
}

/**
 * What the first thing that a schema found wrong is called on the wire. The message of a schema is a code of the error table, whose
 * text shows the value of the member; without one a wrong body is `invalidBody`.
 * @returns undefined when the error is none of a schema
 */
function validationError(error: unknown, { body }: FastifyRequest): ShoalError | FrameworkError | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  if (error.validationContext !== 'body') return new FrameworkError(400);
  const [{ message = '', instancePath = '' } = {}] = error.validation;
  if (!Object.hasOwn(errorTable, message)) return new ShoalError('invalidBody');
  const value = (body as Members)[instancePath.slice(1)];
  return new ShoalError(message as 'invalidMaxPeers', printed(value));
}

/** What the framework refuses requests with; everything else is a fault of ours. */
const refusals: ReadonlySet<unknown> = new Set<FrameworkStatus>([400, 403, 404, 406, 413, 415]);

function frameworkStatus(error: unknown): FrameworkStatus {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return refusals.has(status) ? (status as FrameworkStatus) : 500;
}
