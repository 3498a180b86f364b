import type { FastifyReply, FastifyRequest } from 'fastify';
import { ShoalError } from '../../error/shoal-error.ts';
import { SchedulingError, type SchedulingErrorCode } from '../../scheduling/scheduling-error.ts';
import { FrameworkError } from '../framework-error.ts';

/** Seconds after which a server whose database is away may be asked again. */
const retryAfter = 5;

/** A request is refused by the HTTP side: docs/contracts/jitsi-admin.md 2. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
    super(text);
    this.status = status;
    this.headers = headers;
  }
}

interface Refused {
  /** Default: 200. */
  readonly status?: number;
  /** Default: there is no text. */
  readonly text?: string;
  readonly hint?: string;
}

export type RefusalTexts = Partial<Readonly<Record<SchedulingErrorCode, Refused>>>;

/** What most routes say: docs/contracts/jitsi-admin.md 3. */
const usual: RefusalTexts = {
  serverNotFound: { text: 'No Server found' },
  denied: { text: 'No Server found' },
  conferenceNotFound: { text: 'no Room found' },
  emailInvalid: { text: 'Email incorrect' },
  userNotFound: { text: 'User incorrect' },
  minutesMissing: { status: 400, text: 'minutes is required' },
  urlMissing: { text: 'url is required' },
  notCloneable: {
    text: 'No Server found. The server mus be allowed to be cloned to autoscale',
    hint: 'use the command php bin/console app:server:allowTo #serverid to allow to clone',
  },
};

/** Sends a body of JSON, whose type has no character set. */
export function sendBody(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}

/**
 * An error handler that says what was wrong.
 * @param texts where they differ from the usual ones
 * @param member the member of the text
 */
export function refusalSender(texts: RefusalTexts = {}, member: 'text' | 'message' = 'text') {
  const known = { ...usual, ...texts };
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof SchedulingError) {
      const { status = 200, text, hint } = known[error.code] ?? {};
      const said = { ...(text !== undefined && { [member]: text }), ...(hint !== undefined && { hint }) };
      return sendBody(reply.code(status), { error: true, ...said });
    }
    const { status, message, headers } = refusalOf(error, request);
    return sendBody(reply.code(status).headers(headers), { error: true, [member]: message });
  };
}

function refusalOf(error: unknown, { log, method }: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof FrameworkError) return new Refusal(error.statusCode, error.message);
  if (error instanceof ShoalError) {
    const headers = error.status === 503 ? { 'retry-after': String(retryAfter) } : undefined;
    return new Refusal(error.status, error.message, headers);
  }
  log.error({ err: error, method }, 'A request of a scheduler failed unexpectedly.');
  return new Refusal(500, 'Internal Server Error');
}
