import { ShoalError } from '../../error/shoal-error.ts';
import { type Order, OrderError, type OrderRefusal } from '../../ondemand/order.ts';

/** A response to an order. */
export interface OrderReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Seconds after which one may try again while the database is away. */
const databaseRetry = 5;

/** docs/contracts/jod.md 2. */
export function acceptance({ deploymentId, balance }: Order): OrderReply {
  const message = 'your deployment will join your jitsi soon';
  return { status: 200, body: { it: 'worked', message, balance: inUnits(balance), deployment_id: deploymentId } };
}

export const methodNotAllowed: OrderReply = { ...failure(405, 'method not allowed'), headers: { allow: 'POST' } };

/** What is sent for an error. @returns undefined for one that nobody expected */
export function refusal(error: unknown): OrderReply | undefined {
  if (error instanceof OrderError) return refusals[error.refusal.reason](error.refusal as never);
  if (error instanceof ShoalError && error.status === 503) return unavailable({ retryAfter: databaseRetry });
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (status === 413) return failure(413, 'request entity too large');
  // A query that is no text, a body that breaks off.
  return status === 400 || status === 415 ? failure(400, 'bad request') : undefined;
}

export const internalError = failure(500, 'internal server error');

type Reason = OrderRefusal['reason'];

const refusals: { readonly [R in Reason]: (refusal: OrderRefusal & { readonly reason: R }) => OrderReply } = {
  unavailable,
  unknownKey: () => failure(401, 'invalid API Key'),
  missing: ({ field }) => failure(400, `${field} is required`),
  invalid: ({ field }) => failure(400, `${field} is invalid`),
  incompleteDomain: () => failure(406, 'domain configuration is incomplete'),
  balance: ({ balance }) => failure(402, 'not enough balance', { balance: inUnits(balance) }),
};

function unavailable({ retryAfter }: { readonly retryAfter: number }): OrderReply {
  return { ...failure(503, 'service unavailable'), headers: { 'retry-after': String(Math.ceil(retryAfter)) } };
}

function failure(status: number, message: string, more: Readonly<Record<string, unknown>> = {}): OrderReply {
  return { status, body: { it: 'failed', message, ...more } };
}

/** Cents as a number with two decimals at most. */
function inUnits(cents: number): number {
  return cents / 100;
}
